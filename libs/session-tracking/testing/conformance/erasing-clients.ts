import { describe, expect, it } from 'vitest';
import type { ClientReference } from '../../src/model/clients/client-identity.js';
import { slotAt } from '../../src/model/totals/time-slot.js';
import {
  at,
  exchangeOf,
  now,
  requestRecord,
  START,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

const NOTHING = { erased_sessions: 0, erased_requests: 0, erased_responses: 0 };

export function describeErasingClients(tested: StoreUnderTest): void {
  async function expectForgotten(client: ClientReference): Promise<void> {
    expect(await tested.store.findSessionId(client)).toBeNull();
    expect(await tested.listIdsOf(client)).toEqual([]);
  }

  describe('erasing a client', () => {
    it('removes every session of a user and nothing of anybody else', async () => {
      await tested.restart({ maxSessionSeconds: 10, retentionSeconds: 500 });
      const client = user('42', '192.0.2.1');
      const present = now();
      const ended = await tested.writer.sessionOf(
        exchangeOf(client, { id: 'a', timestamp: present - 60 }),
      );
      const open = await tested.writer.sessionOf(
        exchangeOf(client, { id: 'b', timestamp: present }),
        {
          client: user('42', '192.0.2.7'),
          request: requestRecord({ request_id: 'c', timestamp: present }),
        },
      );
      const others = await tested.writer.sessionsOf(
        exchangeOf(user('43', '192.0.2.1'), { timestamp: present - 60 }),
        exchangeOf(visitor('192.0.2.1'), { timestamp: present }),
      );
      expect(await tested.store.eraseClient({ userId: '42' })).toEqual({
        erased_sessions: 2,
        erased_requests: 3,
        erased_responses: 2,
      });
      await expectForgotten({ userId: '42' });
      for (const id of [ended, open]) {
        expect(await tested.store.readSession(id)).toBeNull();
        expect(await tested.store.eraseSession(id)).toBeNull();
      }
      for (const id of ['a', 'b', 'c']) {
        expect(await tested.store.findRequest(id)).toBeNull();
      }
      expect(await tested.listIds({ limit: 10 })).toEqual(others.toReversed());
      expect(await tested.listIdsOf({ ip: '192.0.2.1' })).toEqual(
        others.toReversed(),
      );
      expect(
        (
          await tested.store.listActiveSessions({
            since: 0,
            until: Infinity,
            limit: 10,
          })
        ).sessions,
      ).toHaveLength(2);
      expect([
        ...new Set([
          ...(await tested.clientsAt(present - 60)),
          ...(await tested.clientsAt(present)),
        ]),
      ]).toEqual(expect.not.arrayContaining(['user:42']));
      expect(await tested.store.eraseClient({ userId: '42' })).toEqual(NOTHING);
    });

    it('forgets it in the totals of any time, which the host may have chosen', async () => {
      const times = [START, at(90), now(), now() + 86_400];
      const clients = [user('42'), user('43')];
      await tested.writer.append(
        ...times.flatMap((timestamp) =>
          clients.map((client) => exchangeOf(client, { timestamp })),
        ),
      );
      await tested.store.eraseClient({ userId: '42' });
      for (const time of times) {
        expect(await tested.clientsAt(time)).toEqual(['user:43']);
      }
    });

    it('removes what is anonymous at an address, and the address from the sessions of users', async () => {
      const present = now();
      const [anonymous, ofUser, elsewhere] = await tested.writer.sessionsOf(
        exchangeOf(visitor('192.0.2.1'), { timestamp: present }),
        exchangeOf(user('42', '192.0.2.1'), { timestamp: present }),
        exchangeOf(visitor('192.0.2.10'), { timestamp: present - 1 }),
      );
      expect(await tested.store.eraseClient({ ip: '192.0.2.1' })).toEqual({
        erased_sessions: 1,
        erased_requests: 1,
        erased_responses: 1,
      });
      await expectForgotten({ ip: '192.0.2.1' });
      expect(await tested.store.readSession(anonymous ?? '')).toBeNull();
      expect(await tested.infoOf(ofUser ?? '')).toMatchObject({
        client_ip: 'unknown',
        user_id: '42',
        request_count: 1,
      });
      expect(await tested.store.findSessionId({ userId: '42' })).toBe(ofUser);
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([ofUser]);
      expect(await tested.listIds({ limit: 10 })).toEqual([ofUser, elsewhere]);
      expect(await tested.clientsAt(present)).toEqual(
        expect.not.arrayContaining(['ip:192.0.2.1']),
      );
      expect(
        await tested.writer.sessionOf(
          exchangeOf(user('42', '192.0.2.1'), { timestamp: now() }),
        ),
      ).toBe(ofUser);
    });

    it.each(['the client', 'the session'])(
      'leaves no link to what it removed with %s',
      async (what) => {
        const anonymous = await tested.writer.sessionOf(
          exchangeOf(visitor('192.0.2.1')),
        );
        const ofUser = await tested.writer.sessionOf(
          exchangeOf(user('42', '192.0.2.1')),
        );
        await (what === 'the client'
          ? tested.store.eraseClient({ userId: '42' })
          : tested.store.eraseSession(ofUser));
        expect(await tested.infoOf(anonymous)).not.toHaveProperty(
          'next_session_id',
        );
      },
    );

    it('keeps the totals that name nobody', async () => {
      await tested.writer.append(exchangeOf(user('42')));
      await tested.store.eraseClient({ userId: '42' });
      for (const length of [60, 300, 3600] as const) {
        const slot = slotAt(START, length);
        expect(await tested.store.readUsage(slot)).toMatchObject({
          requests: 1,
          newSessions: 1,
        });
        expect(await tested.store.countClients([slot])).toBe(1);
      }
    });

    it('finds nothing of a stranger', async () => {
      await tested.writer.append(exchangeOf(user('42', '192.0.2.1')));
      for (const client of [
        { userId: 'nobody' },
        { userId: '' },
        { ip: '203.0.113.1' },
        { userId: '192.0.2.1' },
      ]) {
        expect(await tested.store.eraseClient(client)).toEqual(NOTHING);
      }
      expect(await tested.listIds({ limit: 10 })).toHaveLength(1);
    });

    it('takes more sessions than fit into one call', async () => {
      await tested.restart({ maxSessionSeconds: 1, retentionSeconds: 500 });
      for (let index = 0; index < 250; index += 1) {
        await tested.writer.append(
          exchangeOf(user('42'), { timestamp: at(index) }),
        );
      }
      expect(await tested.store.eraseClient({ userId: '42' })).toEqual({
        erased_sessions: 250,
        erased_requests: 250,
        erased_responses: 250,
      });
      await expectForgotten({ userId: '42' });
      expect(await tested.listIds({ limit: 10 })).toEqual([]);
    });
  });
}
