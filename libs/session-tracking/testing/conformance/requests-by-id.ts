import { describe, expect, it } from 'vitest';
import {
  at,
  exchangeOf,
  leftOut,
  responseRecord,
  TestWriter,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

const ODD_IDS = [
  '5f0c2a4e-8d8f-4d0e-9c39-1f5f8f2b7a11',
  '5F0C2A4E-8D8F-4D0E-9C39-1F5F8F2B7A12',
  '__proto__',
  'constructor',
  'a:b:c',
  '0',
  'info',
  'x'.repeat(128),
];

const ALIKE: [string, string[]][] = [
  [
    'begins and ends alike, as those of one millisecond may',
    [
      '018f3b1c-7a5e-7cc1-98c5-dc0c0c07398f',
      '018f3b1c-7a5e-7d02-a1b4-2f6d1f1e398f',
      '018f3b1c-7a5e-7d02-a1b4-2f6d1f1e7a90',
    ],
  ],
  [
    'ends alike, as those of one machine do',
    [
      '2c5ea4c0-4067-11e9-8bad-9b1deb4d3b7d',
      '2c5ea4c1-4067-11e9-8bad-9b1deb4d3b7d',
    ],
  ],
  [
    'ends alike and has dashes as a UUID has',
    [
      'worker01-2026-4128-host-000000000001',
      'worker01-2027-4128-host-000000000001',
    ],
  ],
  [
    'begins and ends alike and is nearly a UUID of version 4',
    [
      '3f2b8c1d-9a4e-4c7b-1f21-0a1b2c3d4e5f',
      '3f2b8c1d-9a4e-4c7b-1f22-0a1b2c3d4e5f',
      '3f2b8c1d-9a4ea4c7b-8f21-0a1b2c3d4e5f',
      '3f2b8c1d-9b4ea4c7b-8f21-0a1b2c3d4e5f',
    ],
  ],
  [
    'is random and ends with the time, as those of some databases do',
    [
      '3f2b8c1d-9a4e-4c7b-8f21-b3a0017c5a01',
      '5d1e0a77-02bc-4a18-9c3e-b3a0017c5a01',
    ],
  ],
  [
    'is random and begins alike',
    [
      '3f2b8c1d-9a4e-4c7b-8f21-0a1b2c3d4e5f',
      '3f2b8c1d-9a4e-4c7b-8f21-1a1b2c3d9c07',
    ],
  ],
];

export function describeRequestsById(tested: StoreUnderTest): void {
  describe('a request that is looked for by its id', () => {
    it('is found in the session that holds it, by every instance', async () => {
      const [first, second] = await tested.writer.sessionsOf(
        exchangeOf(user('42'), { id: 'one' }),
        exchangeOf(visitor('192.0.2.9'), { id: 'two' }),
        exchangeOf(user('42'), { id: 'three' }),
      );
      expect(await tested.store.findRequest('one')).toBe(first);
      expect(await tested.otherStore.findRequest('two')).toBe(second);
      expect(await tested.store.findRequest('three')).toBe(first);
      expect(await tested.store.findRequest('four')).toBeNull();
    });

    it.each(ODD_IDS)('may be called %j', async (id) => {
      expect(await tested.store.findRequest(id)).toBeNull();
      const session = await tested.writer.sessionOf(
        exchangeOf(user('42'), { id }),
      );
      expect(await tested.store.findRequest(id)).toBe(session);
    });

    it.each(ALIKE)('is not taken for another whose id %s', async (_, ids) => {
      const sessions = await tested.writer.sessionsOf(
        ...ids.map((id, index) => exchangeOf(user(String(index)), { id })),
      );
      for (const [index, id] of ids.entries()) {
        expect(await tested.store.findRequest(id)).toBe(sessions[index]);
      }
    });

    it('is the latest of that id', async () => {
      const other = new TestWriter(tested.otherStore);
      await tested.writer.append(exchangeOf(user('42'), { id: 'same' }));
      const latest = await other.sessionOf(
        exchangeOf(user('43'), { id: 'same' }),
      );
      expect(await tested.store.findRequest('same')).toBe(latest);
    });

    it('stays the latest of that id when the session of an older one goes on', async () => {
      await tested.restart({ retentionSeconds: 320 });
      const [older, newer] = [user('42'), user('43')];
      const before = await tested.writer.sessionOf(
        exchangeOf(older, { id: 'same', timestamp: at(0) }),
      );
      await tested.passTime(95);
      const latest = await tested.writer.sessionOf(
        exchangeOf(newer, { id: 'same', timestamp: at(95) }),
      );
      for (const seconds of [95, 190, 285]) {
        await tested.writer.append(
          exchangeOf(older, { id: `at ${seconds}`, timestamp: at(seconds) }),
        );
        expect(await tested.store.findRequest('same')).toBe(latest);
        await tested.passTime(95);
      }
      expect(await tested.store.findRequest('at 285')).toBe(before);
    });

    it('is no response, and none that sampling left out', async () => {
      await tested.writer.append(
        {
          client: user('42'),
          response: responseRecord({ request_id: 'response' }),
        },
        leftOut(user('42'), { id: 'left-out' }),
      );
      expect(await tested.store.findRequest('response')).toBeNull();
      expect(await tested.store.findRequest('left-out')).toBeNull();
    });

    it('is found as long as the data of its session stays, however long that goes on', async () => {
      await tested.restart({ retentionSeconds: 320 });
      const client = user('42');
      const session = await tested.writer.sessionOf(
        exchangeOf(client, { id: 'first' }),
      );
      for (let turn = 1; turn <= 8; turn += 1) {
        await tested.passTime(95);
        await tested.writer.append(exchangeOf(client, { id: `turn ${turn}` }));
        expect(await tested.store.findRequest('first')).toBe(session);
        expect(await tested.store.findRequest(`turn ${turn}`)).toBe(session);
      }
      await tested.passTime(315);
      expect(await tested.store.findRequest('first')).toBe(session);
      expect(await tested.store.findRequest('turn 4')).toBe(session);
      await tested.passTime(10);
      expect(await tested.store.findRequest('first')).toBeNull();
      expect(await tested.store.findRequest('turn 8')).toBeNull();
    });

    it('is found however many sessions go on at once', async () => {
      await tested.restart({ retentionSeconds: 320 });
      const clients = Array.from({ length: 40 }, (_, index) =>
        user(String(index)),
      );
      const append = (turn: string): Promise<string[]> =>
        tested.writer.sessionsOf(
          ...clients.map((client) =>
            exchangeOf(client, { id: `${turn} of ${client.userId}` }),
          ),
        );
      const sessions = await append('first');
      for (let turn = 1; turn <= 6; turn += 1) {
        await tested.passTime(95);
        await append(`turn ${turn}`);
      }
      for (const [index, session] of sessions.entries()) {
        expect(await tested.store.findRequest(`first of ${index}`)).toBe(
          session,
        );
      }
    });

    it('is not found any more when its session is erased', async () => {
      const session = await tested.writer.sessionOf(
        exchangeOf(user('42'), { id: 'gone' }),
      );
      await tested.writer.append(exchangeOf(user('43'), { id: 'kept' }));
      await tested.store.eraseSession(session);
      expect(await tested.store.findRequest('gone')).toBeNull();
      expect(await tested.store.findRequest('kept')).not.toBeNull();
    });
  });
}
