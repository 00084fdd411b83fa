import { describe, expect, it } from 'vitest';
import { ownerOf } from '../../src/model/clients/client-groups.js';
import type { ClientReference } from '../../src/model/clients/client-identity.js';
import { slotAt } from '../../src/model/totals/time-slot.js';
import {
  at,
  exchangeOf,
  later,
  now,
  requestRecord,
  responseRecord,
  START,
  TestWriter,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeErasureRace(tested: StoreUnderTest): void {
  describe('what was on its way when its client was erased', () => {
    it.each<[string, ClientReference, ReturnType<typeof user>]>([
      ['a user', { userId: '42' }, user('42')],
      ['an address', { ip: '192.0.2.1' }, visitor('192.0.2.1')],
    ])('is dropped, of %s', async (_, reference, client) => {
      await tested.writer.append(exchangeOf(client));
      await tested.store.eraseClient(reference);
      const other = new TestWriter(tested.otherStore);
      for (const writer of [tested.writer, other]) {
        const { exchanges } = await writer.append(
          exchangeOf(client, { id: 'late', timestamp: at(90) }),
        );
        expect(exchanges).toEqual([{ outcome: 'erased', sessionId: '' }]);
      }
      expect(await tested.store.findSessionId(reference)).toBeNull();
      expect(await tested.listIdsOf(reference)).toEqual([]);
      expect(await tested.listIds({ limit: 10 })).toEqual([]);
      expect(await tested.store.findRequest('late')).toBeNull();
    });

    it('is told apart where nobody asks for sessions', async () => {
      await tested.writer.append(exchangeOf(user('42')));
      await tested.store.eraseClient({ userId: '42' });
      const batch = tested.writer.batch(
        [
          exchangeOf(user('43')),
          exchangeOf(user('42'), { timestamp: at(90) }),
          exchangeOf(user('43')),
        ],
        { wantsSessionIds: false },
      );
      const { exchanges } = await tested.store.prepare(batch).append();
      expect(exchanges).toEqual([
        { outcome: 'stored', sessionId: '' },
        { outcome: 'erased', sessionId: '' },
        { outcome: 'stored', sessionId: '' },
      ]);
    });

    it('counts in the totals that name nobody, and in no other', async () => {
      await tested.store.eraseClient({ userId: '42' });
      await tested.writer.append(
        exchangeOf(user('42'), { timestamp: START, status: 500, duration: 3 }),
        exchangeOf(user('43'), { timestamp: START, duration: 4 }),
      );
      for (const length of [60, 300, 3600] as const) {
        const slot = slotAt(START, length);
        expect(await tested.store.readUsage(slot)).toMatchObject({
          requests: 2,
          serverErrors: 1,
          durationMicroseconds: 7000,
          newSessions: 1,
        });
        expect(await tested.store.countClients([slot])).toBe(2);
      }
      const routes = await tested.store.readRoutes(slotAt(START, 300));
      expect(routes.get('GET unmatched')?.requests).toBe(2);
      expect(await tested.clientsAt(START)).toEqual(['user:43']);
    });

    it('leaves to the totals by client what came later in the same minute', async () => {
      for (const client of [user('42'), visitor('192.0.2.1')]) {
        const before = now();
        await tested.store.eraseClient(
          client.userId === '' ? { ip: client.ip } : { userId: client.userId },
        );
        await tested.writer.append(
          exchangeOf(client, { timestamp: before, status: 500, duration: 90 }),
          exchangeOf(client, { timestamp: now(), status: 404, duration: 2.5 }),
          exchangeOf(user('43'), { timestamp: before }),
          {
            client,
            response: responseRecord({ timestamp: now(), duration_ms: 0 }),
          },
        );
        const slots = [before, now()].map((moment) =>
          slotAt(moment, tested.store.clientSlotLength),
        );
        const totals = [];
        for (const { start } of new Map(
          slots.map((slot) => [slot.start, slot]),
        ).values()) {
          const clients = await tested.store.readClients({
            start,
            length: tested.store.clientSlotLength,
          });
          totals.push(clients.get(ownerOf(client)));
        }
        expect(totals.filter((each) => each !== undefined)).toEqual([
          {
            requests: 1,
            responses: 2,
            errors: 1,
            durationMicroseconds: 2500,
          },
        ]);
      }
    });

    it('is dropped when only a session of the client was erased', async () => {
      const client = visitor('192.0.2.1');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      await tested.store.eraseSession(id);
      const { exchanges } = await tested.writer.append(exchangeOf(client));
      expect(exchanges[0]?.outcome).toBe('erased');
    });

    it('is told by its arrival, also where only the response is recorded', async () => {
      const client = user('42');
      await tested.store.eraseClient({ userId: '42' });
      const after = later();
      const { exchanges } = await tested.writer.append(
        {
          client,
          request: requestRecord({ timestamp: START }),
          response: responseRecord({ timestamp: after }),
        },
        {
          client,
          response: responseRecord({
            timestamp: after,
            duration_ms: 2 * 3_600_000,
          }),
        },
        {
          client,
          response: responseRecord({ timestamp: after, duration_ms: 5 }),
        },
        { client, request: requestRecord({ timestamp: after }) },
      );
      expect(exchanges.map(({ outcome }) => outcome)).toEqual([
        'erased',
        'erased',
        'stored',
        'stored',
      ]);
    });

    it('does not spoil the counters of what came later', async () => {
      const client = user('42', '192.0.2.1');
      await tested.writer.append(exchangeOf(client));
      await tested.store.eraseClient({ userId: '42' });
      const after = later();
      const { exchanges } = await tested.writer.append(
        exchangeOf(client, { id: 'a', status: 500, duration: 12.34 }),
        exchangeOf(client, {
          id: 'b',
          timestamp: after + 1,
          status: 404,
          duration: 0.07,
        }),
        exchangeOf(client, { id: 'c', duration: 100 }),
        exchangeOf(client, { id: 'd', timestamp: after, duration: 2.5 }),
      );
      expect(exchanges.map(({ outcome }) => outcome)).toEqual([
        'erased',
        'stored',
        'erased',
        'stored',
      ]);
      const { info, requests } = await tested.read(
        exchanges[1]?.sessionId ?? '',
      );
      expect(exchanges[3]?.sessionId).toBe(exchanges[1]?.sessionId);
      expect(requests.map(({ request_id }) => request_id)).toEqual(['b', 'd']);
      expect(info).toEqual({
        client_ip: '192.0.2.1',
        user_id: '42',
        created_at: after,
        last_seen_at: after + 1,
        request_count: 2,
        response_count: 2,
        error_count: 1,
        duration_us_total: 2570,
      });
      expect(await tested.clientsAt(after)).toEqual(['user:42']);
    });

    it('takes nothing of another client with it', async () => {
      await tested.store.eraseClient({ userId: '42' });
      await tested.store.eraseClient({ ip: '192.0.2.9' });
      const { exchanges } = await tested.writer.append(
        exchangeOf(visitor('192.0.2.1')),
        exchangeOf(user('192.0.2.9')),
        exchangeOf(user('43', '192.0.2.9')),
        exchangeOf(user('42', '192.0.2.1')),
      );
      expect(exchanges.map(({ outcome }) => outcome)).toEqual([
        'stored',
        'stored',
        'stored',
        'erased',
      ]);
    });

    it('brings no erased address back with the session of a user', async () => {
      await tested.writer.append(exchangeOf(visitor('192.0.2.1')));
      await tested.store.eraseClient({ ip: '192.0.2.1' });
      const [before, after] = await tested.writer.sessionsOf(
        exchangeOf(user('42', '192.0.2.1')),
        exchangeOf(user('43', '192.0.2.1'), { timestamp: later() }),
      );
      expect(await tested.infoOf(before ?? '')).toMatchObject({
        client_ip: 'unknown',
      });
      expect(await tested.listIdsOf({ ip: '192.0.2.1' })).toEqual([after]);
    });

    it('is known under the address that the client had before', async () => {
      await tested.store.eraseClient({ ip: 'yesterday' });
      const { exchanges } = await tested.writer.append(
        exchangeOf({ userId: '', ip: 'today', formerIp: 'yesterday' }),
      );
      expect(exchanges[0]?.outcome).toBe('erased');
    });

    it('is answered alike when it is sent again', async () => {
      await tested.store.eraseClient({ userId: '42' });
      const batch = tested.writer.batch([
        exchangeOf(user('42')),
        exchangeOf(user('43')),
      ]);
      const answer = await tested.store.prepare(batch).append();
      expect(await tested.store.prepare(batch).append()).toEqual(answer);
    });

    it('is told from what came right after the answer', async () => {
      const client = user('42');
      for (let time = 0; time < 30; time += 1) {
        await tested.store.eraseClient({ userId: '42' });
        const id = await tested.writer.sessionOf(
          exchangeOf(client, { timestamp: now() }),
        );
        await tested.store.eraseSession(id);
        const { exchanges } = await tested.writer.append(
          exchangeOf(client, { timestamp: now() }),
        );
        expect(exchanges[0]?.outcome).toBe('stored');
      }
    });

    it('is dropped for a day', async () => {
      await tested.store.eraseClient({ userId: '42' });
      await tested.passTime(86_395);
      const first = await tested.writer.append(exchangeOf(user('42')));
      expect(first.exchanges[0]?.outcome).toBe('erased');
      await tested.passTime(10);
      const second = await tested.writer.append(exchangeOf(user('42')));
      expect(second.exchanges[0]?.outcome).toBe('stored');
    });
  });
}
