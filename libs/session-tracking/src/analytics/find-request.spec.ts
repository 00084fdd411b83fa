import { describe, expect, it } from 'vitest';
import { HistoryStore } from '../../testing/history-store.js';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import { findRequest } from './find-request.js';

/** Requests a, b, c, d, e, a second apart, stored in another order; c has no response. */
const session = historyOf(
  [
    ['b', 1],
    ['a', 0],
    ['d', 3],
    ['c', 2],
    ['e', 4],
  ].map(([id, second]) =>
    requestRecord({ request_id: String(id), timestamp: at(Number(second)) }),
  ),
  ['a', 'b', 'd', 'e'].map((request_id) =>
    responseRecord({ request_id, status_code: 201 }),
  ),
  { user_id: '42', client_ip: '192.0.2.7' },
);

const find = (store: HistoryStore, id = 'x'): Promise<unknown> =>
  findRequest(store, id, {});

const idsOf = (entries: { request_id: string }[] = []): string =>
  entries.map(({ request_id }) => request_id).join('');

describe('a request by its id', () => {
  it('comes with its response, its session and what lies around it', async () => {
    const found = await findRequest(new HistoryStore([session]), 'd', {});
    expect(found).toMatchObject({
      session_id: session.session_id,
      user_id: '42',
      client_ip: '192.0.2.7',
      request: { request_id: 'd', timestamp: at(3) },
      response: { request_id: 'd', status_code: 201 },
    });
    expect(idsOf(found?.before)).toBe('abc');
    expect(idsOf(found?.after)).toBe('e');
    expect(found?.before[1]).toMatchObject({
      request_id: 'b',
      status_code: 201,
      gap_ms: 1000,
    });
    expect(Object.keys(found ?? {})).toEqual([
      'session_id',
      'user_id',
      'client_ip',
      'request',
      'response',
      'before',
      'after',
    ]);
  });

  it.each([
    [0, '', ''],
    [1, 'b', 'd'],
    [2, 'ab', 'de'],
    [100, 'ab', 'de'],
  ])('comes with %i before and after', async (context, before, after) => {
    const found = await findRequest(new HistoryStore([session]), 'c', {
      context,
    });
    expect(found?.response).toBeNull();
    expect(idsOf(found?.before)).toBe(before);
    expect(idsOf(found?.after)).toBe(after);
  });

  it('is the latest of those with the same id', async () => {
    const requests = [5, 1, 9, 3].map((second) =>
      requestRecord({
        request_id: 'retry',
        timestamp: at(second),
        path: `/at/${second}`,
      }),
    );
    const found = await findRequest(
      new HistoryStore([historyOf(requests, [])]),
      'retry',
      {},
    );
    expect(found?.request.path).toBe('/at/9');
    expect(found?.before).toHaveLength(3);
  });

  it('is not found when nothing bears the id, or its session is gone or no longer holds it', async () => {
    expect(await find(new HistoryStore([session]))).toBeNull();
    class StaleStore extends HistoryStore {
      override findRequest(): Promise<string> {
        return Promise.resolve(session.session_id);
      }
    }
    expect(await find(new StaleStore([]))).toBeNull();
    expect(await find(new StaleStore([session]))).toBeNull();
  });

  it('does not ask the store for what cannot be an id', async () => {
    class StrictStore extends HistoryStore {
      override findRequest(): never {
        throw new Error('Nobody should have asked.');
      }
    }
    for (const id of ['', 'a b', 'x'.repeat(129), 'ä', 'a*']) {
      expect(await findRequest(new StrictStore([]), id, {})).toBeNull();
    }
  });
});
