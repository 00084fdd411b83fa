import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  requestRecord,
  user,
} from '../../testing/record-builders.js';
import { countRecords } from '../model/records/exchange.js';
import { BatchCutter, RECORDS_PER_BATCH } from './batch-cutter.js';
import { estimateBytes, type QueuedExchange } from './record-queue.js';

function exchanges(count: number, partition = 0): QueuedExchange[] {
  return Array.from({ length: count }, (_, index) => ({
    ...exchangeOf(user('42'), { id: `${partition}-${index}` }),
    partition,
  }));
}

describe('cutting batches', () => {
  it('makes pieces of as many records as a call may take', () => {
    const full = RECORDS_PER_BATCH / 2;
    const count = 2 * full + 30;
    const batches = new BatchCutter().cut(exchanges(count), false);
    expect(batches.map((batch) => batch.exchanges.length)).toEqual([
      full,
      full,
      30,
    ]);
    expect(batches.flatMap((batch) => batch.exchanges)).toEqual(
      exchanges(count).map((made) =>
        expect.objectContaining({ client: made.client, partition: 0 }),
      ),
    );
  });

  it('makes nothing of nothing', () => {
    expect(new BatchCutter().cut([], true)).toEqual([]);
  });

  it('numbers them upwards under one name, each with a seed of its own', () => {
    const cutter = new BatchCutter();
    const batches = [
      ...cutter.cut(exchanges(120), false),
      ...cutter.cut(exchanges(1), false),
    ];
    const sequences = batches.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    expect(new Set(sequences).size).toBe(batches.length);
    expect(new Set(batches.map(({ writer }) => writer)).size).toBe(1);
    expect(new Set(batches.map(({ seed }) => seed)).size).toBe(batches.length);
    expect(new BatchCutter().cut(exchanges(1), false)[0]?.writer).not.toBe(
      batches[0]?.writer,
    );
  });

  it('asks for session ids where a listener or a caller waits for them', () => {
    const cutter = new BatchCutter();
    const awaited: QueuedExchange = {
      client: user('42'),
      request: requestRecord(),
      partition: 1,
      settle: () => undefined,
    };
    const wants = (all: QueuedExchange[], listened: boolean): boolean[] =>
      cutter.cut(all, listened).map(({ wantsSessionIds }) => wantsSessionIds);
    expect(wants(exchanges(1), false)).toEqual([false]);
    expect(wants(exchanges(1), true)).toEqual([true]);
    expect(wants([...exchanges(1), awaited], false)).toEqual([false, true]);
  });

  it('loses nothing, mixes no partitions and keeps the order within each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ partition: fc.nat(4), single: fc.boolean() }), {
          maxLength: 700,
        }),
        (sketches) => {
          const queued = sketches.map(({ partition, single }, index) => {
            const { request, response, client } = exchangeOf(user('42'), {
              id: String(index),
            });
            return {
              client,
              partition,
              ...(request && { request }),
              ...(!single && response && { response }),
            };
          });
          const batches = new BatchCutter().cut(queued, false);
          for (const batch of batches) {
            const records = batch.exchanges.reduce(
              (sum, each) => sum + countRecords(each),
              0,
            );
            expect(records).toBeGreaterThan(0);
            expect(records).toBeLessThanOrEqual(RECORDS_PER_BATCH + 1);
            expect(batch.bytes).toBe(
              batch.exchanges.reduce(
                (sum, each) => sum + estimateBytes(each),
                0,
              ),
            );
          }
          for (let partition = 0; partition <= 4; partition += 1) {
            expect(
              batches
                .filter((batch) => batch.partition === partition)
                .flatMap((batch) => [...batch.exchanges]),
            ).toEqual(queued.filter((each) => each.partition === partition));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
