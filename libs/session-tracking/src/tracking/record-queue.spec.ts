import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  requestRecord,
  responseRecord,
  user,
} from '../../testing/record-builders.js';
import { countRecords } from '../model/records/exchange.js';
import {
  estimateBytes,
  type QueuedExchange,
  RecordQueue,
} from './record-queue.js';

const client = user('42');

function both(id: string, path = '/items'): QueuedExchange {
  return { ...exchangeOf(client, { id, path }), partition: 0 };
}

function requestOnly(id: string): QueuedExchange {
  return { client, partition: 0, request: requestRecord({ request_id: id }) };
}

function responseOnly(id: string): QueuedExchange {
  return { client, partition: 0, response: responseRecord({ request_id: id }) };
}

function withTexts(length: number): QueuedExchange {
  const text = 'x'.repeat(length);
  return {
    client,
    partition: 0,
    request: requestRecord({
      request_id: 'a',
      query: text,
      route: text,
      graphql_operation: text,
    }),
    response: responseRecord({
      request_id: 'a',
      handler: text,
      error: text,
      error_message: text,
    }),
  };
}

function idsOf(exchanges: readonly QueuedExchange[]): (string | undefined)[] {
  return exchanges.map(
    ({ request, response }) => request?.request_id ?? response?.request_id,
  );
}

describe('the queue', () => {
  it('gives out what came in first', () => {
    const queue = new RecordQueue();
    ['a', 'b', 'c'].forEach((id) => queue.push(both(id)));
    expect(
      idsOf([queue.shift(), queue.shift()].filter((e) => e !== undefined)),
    ).toEqual(['a', 'b']);
    queue.push(both('d'));
    expect(idsOf(queue.take(100))).toEqual(['c', 'd']);
    expect(queue.shift()).toBeUndefined();
    expect(queue.take(1)).toEqual([]);
  });

  it('counts records, not exchanges', () => {
    const queue = new RecordQueue();
    queue.push(both('a'));
    queue.push(requestOnly('b'));
    queue.push(responseOnly('c'));
    expect(queue.records).toBe(4);
    queue.shift();
    expect(queue.records).toBe(2);
  });

  it('takes exchanges whole until there are enough records', () => {
    const queue = new RecordQueue();
    ['a', 'b', 'c'].forEach((id) => queue.push(both(id)));
    expect(idsOf(queue.take(3))).toEqual(['a', 'b']);
    expect(queue.records).toBe(2);
    expect(queue.take(0)).toEqual([]);
  });

  it('reckons with the length of the texts it holds', () => {
    const short = both('a', '/');
    const long = both('a', `/${'x'.repeat(2000)}`);
    expect(estimateBytes(long) - estimateBytes(short)).toBe(2000);
    expect(estimateBytes(withTexts(100)) - estimateBytes(withTexts(0))).toBe(
      600,
    );
    const queue = new RecordQueue();
    queue.push(short);
    queue.push(long);
    expect(queue.bytes).toBe(estimateBytes(short) + estimateBytes(long));
    queue.take(10);
    expect(queue.bytes).toBe(0);
    expect(queue.isEmpty).toBe(true);
  });

  it('behaves as a plain list would, whatever is done to it', () => {
    const command = fc.oneof(
      fc.record({ push: fc.integer({ min: 1, max: 900 }) }),
      fc.record({ shift: fc.integer({ min: 1, max: 700 }) }),
      fc.record({ take: fc.integer({ min: 0, max: 1500 }) }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const queue = new RecordQueue();
        let model: QueuedExchange[] = [];
        let next = 0;
        for (const step of commands) {
          let taken: (QueuedExchange | undefined)[] = [];
          if ('push' in step) {
            for (let i = 0; i < step.push; i += 1) {
              next += 1;
              const make = [both, requestOnly, responseOnly][next % 3] ?? both;
              const made = make(String(next));
              queue.push(made);
              model.push(made);
            }
          } else if ('shift' in step) {
            taken = Array.from({ length: step.shift }, () => queue.shift());
          } else {
            taken = queue.take(step.take);
          }
          const expected = model.slice(0, taken.length);
          expect(taken.filter((each) => each !== undefined)).toEqual(expected);
          model = model.slice(taken.length);
          expect(queue.isEmpty).toBe(model.length === 0);
          expect(queue.records).toBe(
            model.reduce((sum, exchange) => sum + countRecords(exchange), 0),
          );
          expect(queue.bytes).toBe(
            model.reduce((sum, exchange) => sum + estimateBytes(exchange), 0),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});
