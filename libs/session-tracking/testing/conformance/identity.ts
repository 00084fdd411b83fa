import { describe, expect, it } from 'vitest';
import { type Client } from '../../src/model/clients/client-identity.js';
import { exchangeOf, TestWriter, user, visitor } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

const UUID =
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const WEIRD_USER_IDS = [
  '__proto__',
  'constructor',
  '{tag}',
  '}{',
  'a:b:c',
  ':info',
  'index',
  'with space',
  'with "quotes" and \'apostrophes\'',
  'back\\slash',
  'line\nbreak',
  'line\r\nbreak',
  'tab\tnull\u0000',
  '\u2028',
  'emoji 🦊',
  'lone \ud83e',
  'lone \udd8a',
  '-1',
  '0',
  '%s %d',
  'é',
  'e\u0301',
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(130),
  '🦊'.repeat(32),
  '🦊'.repeat(33),
];

export function describeIdentity(tested: StoreUnderTest): void {
  describe('identity', () => {
    it('creates a session for a new client and finds it again by user', async () => {
      const client = user('42');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      expect(id).toMatch(UUID);
      expect(await tested.writer.sessionOf(exchangeOf(client))).toBe(id);
      expect(await tested.store.findSessionId({ userId: '42' })).toBe(id);
      expect(await tested.store.findSessionId({ ip: client.ip })).toBeNull();
    });

    it('creates a session for a new client and finds it again by address', async () => {
      const client = visitor('192.0.2.7');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      expect(await tested.writer.sessionOf(exchangeOf(client))).toBe(id);
      expect(await tested.store.findSessionId({ ip: '192.0.2.7' })).toBe(id);
      expect(
        await tested.store.findSessionId({ userId: '192.0.2.7' }),
      ).toBeNull();
    });

    it('keeps the session of a user who moves to another address', async () => {
      const id = await tested.writer.sessionOf(
        exchangeOf(user('42', '192.0.2.1')),
        exchangeOf(user('42', '198.51.100.9')),
      );
      expect(
        await tested.writer.sessionOf(exchangeOf(user('42', '2001:db8::1'))),
      ).toBe(id);
      const { info, requests } = await tested.read(id);
      expect(info.client_ip).toBe('192.0.2.1');
      expect(info.user_id).toBe('42');
      expect(requests).toHaveLength(3);
    });

    it('gives an anonymous visitor of a user’s address another session', async () => {
      const [ofUser, ofVisitor] = await tested.writer.sessionsOf(
        exchangeOf(user('42', '192.0.2.1')),
        exchangeOf(visitor('192.0.2.1')),
      );
      expect(ofVisitor).not.toBe(ofUser);
      expect(await tested.store.findSessionId({ ip: '192.0.2.1' })).toBe(
        ofVisitor,
      );
    });

    it('never takes one identity for another', async () => {
      const clients: Client[] = [
        visitor('192.0.2.1'),
        user('192.0.2.1'),
        user('ip:192.0.2.1'),
        user('user:192.0.2.1'),
        user('unknown'),
        visitor('no address'),
        visitor('2001:db8::1'),
        user('2001:db8::1'),
        user('42'),
        user('42 '),
        user('042'),
      ];
      const ids = await tested.writer.sessionsOf(
        ...clients.map((client) => exchangeOf(client)),
      );
      expect(new Set(ids).size).toBe(clients.length);
      for (const [index, client] of clients.entries()) {
        const reference =
          client.userId === '' ? { ip: client.ip } : { userId: client.userId };
        expect(await tested.store.findSessionId(reference)).toBe(ids[index]);
      }
    });

    it('takes any user id as a name like any other', async () => {
      const clients = WEIRD_USER_IDS.map((id) => user(id));
      const ids = await tested.writer.sessionsOf(
        ...clients.map((client) => exchangeOf(client)),
      );
      expect(new Set(ids).size).toBe(WEIRD_USER_IDS.length);
      for (const [index, { userId }] of clients.entries()) {
        const id = ids[index] ?? '';
        expect(await tested.store.findSessionId({ userId })).toBe(id);
        expect(await tested.listIdsOf({ userId })).toEqual([id]);
        expect((await tested.read(id)).info.user_id).toBe(userId);
      }
      for (const id of ids) {
        expect(await tested.store.eraseSession(id)).not.toBeNull();
      }
      expect(await tested.listIds({ limit: 50 })).toEqual([]);
    });

    it('knows no client by an empty user id', async () => {
      await tested.writer.append(exchangeOf(visitor('192.0.2.1')));
      expect(await tested.store.findSessionId({ userId: '' })).toBeNull();
      expect(await tested.store.listSessionsOfClient({ userId: '' })).toEqual(
        [],
      );
    });

    it('opens one session when two instances see a new client at the same moment', async () => {
      const other = new TestWriter(tested.otherStore);
      for (let round = 0; round < 20; round += 1) {
        const client =
          round % 2 === 0 ? user(`new-${round}`) : visitor(`10.0.0.${round}`);
        const [here, there] = await Promise.all([
          tested.writer.sessionOf(exchangeOf(client)),
          other.sessionOf(exchangeOf(client)),
        ]);
        expect(here).toBe(there);
        const { info, requests, responses } = await tested.read(here);
        expect(info.request_count).toBe(2);
        expect([requests.length, responses.length]).toEqual([2, 2]);
      }
      expect(await tested.listIds({ limit: 100 })).toHaveLength(20);
    });
  });
}
