import { describe, expect, it } from 'vitest';
import {
  at,
  exchangeOf,
  requestRecord,
  responseRecord,
  START,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeRecords(tested: StoreUnderTest): void {
  describe('records', () => {
    it('keeps them in the order in which they were given, across batches', async () => {
      const client = user('42');
      const id = await tested.writer.sessionOf(
        exchangeOf(client, { id: '1', timestamp: at(5) }),
        exchangeOf(client, { id: '2', timestamp: at(3) }),
      );
      await tested.writer.append(
        exchangeOf(visitor('192.0.2.9'), { id: 'other' }),
        exchangeOf(client, { id: '3', timestamp: at(9) }),
        exchangeOf(client, { id: '4', timestamp: at(1) }),
      );
      const { requests, responses } = await tested.read(id);
      expect(requests.map(({ request_id }) => request_id)).toEqual([
        '1',
        '2',
        '3',
        '4',
      ]);
      expect(responses.map(({ request_id }) => request_id)).toEqual([
        '1',
        '2',
        '3',
        '4',
      ]);
    });

    it('gives the requests alone as they are in the session', async () => {
      const client = user('42');
      const id = await tested.writer.sessionOf(
        exchangeOf(client, { id: '1', timestamp: at(5), route: '/items' }),
        { client, response: responseRecord() },
        { client, request: requestRecord({ timestamp: at(3) }) },
      );
      await tested.writer.append(exchangeOf(user('43')));
      const { requests } = await tested.read(id);
      expect(requests).toHaveLength(2);
      expect(await tested.store.readRequests(id)).toEqual(requests);
    });

    it('gives back every field as it was stored, and no other', async () => {
      const texts = [
        '/plain',
        '/quote"back\\slash',
        '/line\nbreak\r\u0000\u2028',
        '/emoji/🦊',
        '/lone/\ud83e/surrogate',
        '/__proto__',
        '',
      ];
      const client = user('42');
      const requests = texts.map((text, index) =>
        requestRecord({
          path: text,
          method: text,
          request_id: `id-${index}`,
          route: text,
          graphql_operation: text,
          timestamp: at(1.234),
        }),
      );
      const responses = texts.map((text, index) =>
        responseRecord({
          request_id: `id-${index}`,
          handler: text,
          handler_ms: 0.25,
          error: text,
          error_message: text,
          status_code: 500 + index,
          duration_ms: 12.34,
          ...(index === 0 ? { aborted: true } : {}),
        }),
      );
      const id = await tested.writer.sessionOf(
        ...texts.map((_, index) => ({
          client,
          ...(requests[index] && { request: requests[index] }),
          ...(responses[index] && { response: responses[index] }),
        })),
        { client, request: requestRecord({ request_id: 'least' }) },
      );
      const history = await tested.read(id);
      expect(history.session_id).toBe(id);
      expect(history.requests).toEqual([
        ...requests,
        requestRecord({ request_id: 'least' }),
      ]);
      expect(history.responses).toEqual(responses);
    });

    it('counts requests, responses, errors and durations exactly', async () => {
      const client = user('42', '192.0.2.5');
      const id = await tested.writer.sessionOf(
        exchangeOf(client, {
          status: 399,
          duration: 0.1,
          timestamp: at(0.5),
        }),
        exchangeOf(client, { status: 400, duration: 0.2, timestamp: at(2) }),
        { client, request: requestRecord({ timestamp: at(3) }) },
      );
      await tested.writer.append(
        {
          client,
          response: responseRecord({
            status_code: 599,
            duration_ms: 1e6,
            timestamp: at(7.25),
          }),
        },
        exchangeOf(client, {
          status: 499,
          duration: 45.23,
          timestamp: at(1),
        }),
      );
      expect((await tested.read(id)).info).toEqual({
        client_ip: '192.0.2.5',
        user_id: '42',
        created_at: at(0.5),
        last_seen_at: at(7.25),
        request_count: 4,
        response_count: 4,
        error_count: 3,
        duration_us_total: 1_000_045_530,
      });
    });

    it('begins with its earliest request, though that ended after others', async () => {
      const client = user('42');
      const id = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: at(50) }),
      );
      await tested.createSessions([30]);
      await tested.writer.append(
        exchangeOf(client, { timestamp: at(1), duration: 50_000 }),
      );
      expect((await tested.infoOf(id)).created_at).toBe(at(1));
      const [newest] = await tested.listIds({ limit: 10 });
      expect(newest).not.toBe(id);
      // What is told of another time does not make the session older than it is.
      await tested.writer.append(exchangeOf(client, { timestamp: at(-100) }));
      expect((await tested.infoOf(id)).created_at).toBe(at(1));
    });

    it('compares times of any number of digits', async () => {
      const client = user('42');
      const times = [1_000_000_000.5, 999_999_999.5, 1_000_000_001];
      let id = '';
      for (const timestamp of times) {
        id = await tested.writer.sessionOf(exchangeOf(client, { timestamp }));
      }
      expect(await tested.infoOf(id)).toMatchObject({
        created_at: 999_999_999.5,
        last_seen_at: 1_000_000_001,
      });
      const early = user('43');
      for (const timestamp of [99_999.123, 100_000.5]) {
        id = await tested.writer.sessionOf(exchangeOf(early, { timestamp }));
      }
      expect(await tested.infoOf(id)).toMatchObject({
        created_at: 99_999.123,
        last_seen_at: 100_000.5,
      });
    });

    it('adds fractions of a millisecond without drifting', async () => {
      const client = user('42');
      let id = '';
      for (let batch = 0; batch < 50; batch += 1) {
        id = await tested.writer.sessionOf(
          exchangeOf(client, { duration: 0.1 }),
          exchangeOf(client, { duration: 0.07 }),
        );
      }
      expect((await tested.read(id)).info.duration_us_total).toBe(8500);
    });

    it('keeps the newest and counts them all when a list is full', async () => {
      await tested.restart({ maxRecordsPerSession: 5 });
      const client = user('42');
      const ids = Array.from({ length: 23 }, (_, index) => String(index));
      const [first, second, rest] = [
        ids.slice(0, 4),
        ids.slice(4, 7),
        ids.slice(7),
      ].map((part) =>
        part.map((id) => exchangeOf(client, { id, status: 500 })),
      );
      const sessionId = await tested.writer.sessionOf(...(first ?? []));
      expect((await tested.read(sessionId)).requests).toHaveLength(4);
      await tested.writer.append(...(second ?? []));
      expect(
        (await tested.read(sessionId)).responses.map(
          ({ request_id }) => request_id,
        ),
      ).toEqual(['2', '3', '4', '5', '6']);
      await tested.writer.append(...(rest ?? []));
      const { info, requests, responses } = await tested.read(sessionId);
      const kept = ['18', '19', '20', '21', '22'];
      expect(requests.map(({ request_id }) => request_id)).toEqual(kept);
      expect(responses.map(({ request_id }) => request_id)).toEqual(kept);
      expect(info).toMatchObject({
        request_count: 23,
        response_count: 23,
        error_count: 23,
        duration_us_total: 23_000,
      });
    });

    it('trims each list by itself', async () => {
      await tested.restart({ maxRecordsPerSession: 2 });
      const client = user('42');
      const id = await tested.writer.sessionOf(
        { client, request: requestRecord({ request_id: 'a' }) },
        { client, request: requestRecord({ request_id: 'b' }) },
        { client, request: requestRecord({ request_id: 'c' }) },
        { client, response: responseRecord({ request_id: 'a' }) },
      );
      const { info, requests, responses } = await tested.read(id);
      expect(requests.map(({ request_id }) => request_id)).toEqual(['b', 'c']);
      expect(responses.map(({ request_id }) => request_id)).toEqual(['a']);
      expect([info.request_count, info.response_count]).toEqual([3, 1]);
    });

    it('takes a batch of more clients and records than usual', async () => {
      const exchanges = Array.from({ length: 600 }, (_, index) =>
        exchangeOf(user(`many-${index % 300}`), { id: String(index) }),
      );
      const ids = await tested.writer.sessionsOf(...exchanges);
      expect(new Set(ids).size).toBe(300);
      const { requests } = await tested.read(ids[17] ?? '');
      expect(requests.map(({ request_id }) => request_id)).toEqual([
        '17',
        '317',
      ]);
    });

    it('names no session unless asked', async () => {
      const batch = tested.writer.batch(
        [exchangeOf(user('42')), exchangeOf(user('43'))],
        { wantsSessionIds: false },
      );
      const answer = await tested.store.prepare(batch).append();
      expect(answer.exchanges).toEqual([
        { outcome: 'stored', sessionId: '' },
        { outcome: 'stored', sessionId: '' },
      ]);
    });

    it('holds what it was given, whatever becomes of that afterwards', async () => {
      const exchange = exchangeOf(user('42'), { path: '/then', status: 200 });
      const id = await tested.writer.sessionOf(exchange);
      Object.assign(exchange.request ?? {}, { path: '/later' });
      Object.assign(exchange.response ?? {}, { status_code: 500 });
      const { requests, responses } = await tested.read(id);
      expect(requests.map(({ path }) => path)).toEqual(['/then']);
      expect(responses.map(({ status_code }) => status_code)).toEqual([200]);
    });

    it('answers what it holds, not the holding itself', async () => {
      const id = await tested.writer.sessionOf(
        exchangeOf(user('42'), { timestamp: START }),
      );
      const taken = await tested.read(id);
      taken.info.request_count = 99;
      taken.requests.length = 0;
      const [summary] = (await tested.store.listSessions({ limit: 1 }))
        .sessions;
      if (summary !== undefined) {
        summary.user_id = 'changed';
      }
      const { info, requests } = await tested.read(id);
      expect(info).toMatchObject({ request_count: 1, user_id: '42' });
      expect(requests).toHaveLength(1);
    });
  });
}
