import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/model/records/exchange.js';
import type { ClientTotals } from '../../src/model/totals/request-totals.js';
import {
  SLOT_LENGTHS,
  slotAt,
  type SlotLength,
} from '../../src/model/totals/time-slot.js';
import {
  exchangeOf,
  leftOut,
  requestRecord,
  responseRecord,
  START,
  TestWriter,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

/** A full hour. */
const HOUR = slotAt(START, 3600).start;

function visitsOf(names: readonly string[]): Exchange[] {
  return names.map((name) => leftOut(user(name), { timestamp: HOUR }));
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name} ${index}`);
}

export function describeClients(tested: StoreUnderTest): void {
  function readClients(
    start = HOUR,
    length: SlotLength = tested.store.clientSlotLength,
  ): Promise<ReadonlyMap<string, ClientTotals>> {
    return tested.store.readClients({ start, length });
  }

  describe('the clients of a slot', () => {
    it('have totals of their own', async () => {
      await tested.writer.append(
        exchangeOf(user('42'), { timestamp: HOUR, duration: 2 }),
        exchangeOf(user('42', '198.51.100.1'), {
          timestamp: HOUR + 299,
          status: 500,
          duration: 3.5,
        }),
        exchangeOf(visitor('2001:db8::1'), { timestamp: HOUR, status: 404 }),
        {
          client: user('__proto__'),
          request: requestRecord({ timestamp: HOUR }),
        },
        {
          client: user('43'),
          response: responseRecord({ timestamp: HOUR + 1, duration_ms: 9 }),
        },
      );
      await tested.writer.append(
        exchangeOf(user('42'), { timestamp: HOUR + 1 }),
      );
      expect(await readClients()).toEqual(
        new Map([
          [
            'user:42',
            {
              requests: 3,
              responses: 3,
              errors: 1,
              durationMicroseconds: 6500,
            },
          ],
          [
            'ip:2001:db8::1',
            {
              requests: 1,
              responses: 1,
              errors: 1,
              durationMicroseconds: 1000,
            },
          ],
          [
            'user:__proto__',
            { requests: 1, responses: 0, errors: 0, durationMicroseconds: 0 },
          ],
          [
            'user:43',
            {
              requests: 0,
              responses: 1,
              errors: 0,
              durationMicroseconds: 9000,
            },
          ],
        ]),
      );
      expect(await readClients(HOUR + 300)).toEqual(new Map());
    });

    it.each([
      [43_200, 300],
      [43_201, 3600],
    ] as const)(
      'whose data stays for %i seconds are told apart by %i seconds',
      async (retentionSeconds, length) => {
        await tested.restart({ retentionSeconds });
        expect(tested.store.clientSlotLength).toBe(length);
        await tested.writer.append(
          exchangeOf(user('42'), { timestamp: HOUR + 2400 }),
        );
        for (const other of SLOT_LENGTHS) {
          const { start } = slotAt(HOUR + 2400, other);
          expect((await readClients(start, other)).size).toBe(
            other === length ? 1 : 0,
          );
        }
      },
    );

    it('are answered as they are each time, and an answer stays what it was', async () => {
      await tested.writer.append(exchangeOf(user('42'), { timestamp: HOUR }));
      const first = await readClients();
      await tested.writer.append(
        exchangeOf(user('42'), { timestamp: HOUR }),
        exchangeOf(user('43'), { timestamp: HOUR }),
      );
      const second = await readClients();
      expect(second.get('user:42')?.requests).toBe(2);
      expect([...first.keys()]).toEqual(['user:42']);
      expect(first.get('user:42')?.requests).toBe(1);
      await tested.store.eraseClient({ userId: '42' });
      expect([...(await readClients()).keys()]).toEqual(['user:43']);
      await tested.store.eraseClient({ userId: '43' });
      expect(await readClients()).toEqual(new Map());
    });

    it('are told of one alone, in all its slots', async () => {
      const { clientSlotLength: length } = tested.store;
      await tested.writer.append(
        exchangeOf(user('42'), { timestamp: HOUR + length, status: 500 }),
        exchangeOf(user('43'), { timestamp: HOUR }),
        exchangeOf(visitor('192.0.2.1'), { timestamp: HOUR }),
      );
      await tested.writer.append(
        leftOut(user('42', '192.0.2.1'), { timestamp: HOUR, duration: 2 }),
        exchangeOf(user('42'), { timestamp: HOUR, duration: 3 }),
      );
      const totals = await tested.store.readTotalsOfClient({ userId: '42' });
      expect(totals).toEqual([
        {
          slot: { start: HOUR, length },
          totals: {
            requests: 2,
            responses: 2,
            errors: 0,
            durationMicroseconds: 5000,
          },
        },
        {
          slot: { start: HOUR + length, length },
          totals: {
            requests: 1,
            responses: 1,
            errors: 1,
            durationMicroseconds: 1000,
          },
        },
      ]);
      const [ofAddress] = await tested.store.readTotalsOfClient({
        ip: '192.0.2.1',
      });
      expect(ofAddress?.totals.requests).toBe(1);
      expect(await tested.store.readTotalsOfClient({ ip: '42' })).toEqual([]);
      await tested.store.eraseClient({ userId: '42' });
      expect(await tested.store.readTotalsOfClient({ userId: '42' })).toEqual(
        [],
      );
    });

    it('are forgotten when the data of the first of them is', async () => {
      await tested.restart({ retentionSeconds: 200 });
      await tested.writer.append(leftOut(user('42'), { timestamp: HOUR }));
      await tested.passTime(197);
      await tested.writer.append(leftOut(user('42'), { timestamp: HOUR }));
      expect((await readClients()).get('user:42')?.requests).toBe(2);
      await tested.passTime(5);
      expect(await readClients()).toEqual(new Map());
      expect(await tested.store.readTotalsOfClient({ userId: '42' })).toEqual(
        [],
      );
    });

    it('are one each, however much of what they sent sampling left out', async () => {
      for (let first = 0; first < 1000; first += 100) {
        await tested.writer.append(
          ...Array.from({ length: 100 }, (_, index) =>
            exchangeOf(user(`known-${first + index}`), { timestamp: HOUR }),
          ),
        );
      }
      await tested.writer.append(
        leftOut(user('new'), { timestamp: HOUR }),
        exchangeOf(user('new'), { timestamp: HOUR }),
      );
      const clients = await readClients();
      const requests = [...clients.values()].map((totals) => totals.requests);
      expect(requests.reduce((sum, count) => sum + count)).toBe(1002);
      // Whether the new one has taken the place of another or has found none.
      expect(
        [...clients.keys()].filter((name) => name !== 'other').length,
      ).toBe(1000);
    });

    it('are 1000 at most; what is beyond is `other`, and counted', async () => {
      for (const from of [0, 505]) {
        await tested.writer.append(
          ...Array.from({ length: 505 }, (_, index) =>
            leftOut(user(String(from + index)), { timestamp: HOUR }),
          ),
        );
      }
      const clients = await readClients();
      expect(clients.size).toBe(1001);
      expect(clients.get('other')?.requests).toBe(10);
      const requests = [...clients.values()].map((totals) => totals.requests);
      expect(requests.reduce((sum, count) => sum + count, 0)).toBe(1010);
      expect(tested.store.capped.clients).toBe(10);
    });

    it('let the busiest newcomer of a batch in where places are taken, for one who was there', async () => {
      const first = numbered('first', 1000);
      await tested.writer.append(...visitsOf(first.slice(0, 500)));
      await tested.writer.append(...visitsOf(first.slice(500)));
      await tested.writer.append(
        ...visitsOf(numbered('late', 30)),
        ...visitsOf(['busy', 'busy', 'busy']),
        ...visitsOf(numbered('later', 30)),
      );
      const clients = await readClients();
      const kinds = [...clients.keys()].map((owner) => owner.split(' ')[0]);
      expect(kinds.filter((kind) => kind === 'user:first')).toHaveLength(999);
      expect(kinds.filter((kind) => kind?.startsWith('user:late'))).toEqual([]);
      expect(clients.get('user:busy')).toMatchObject({
        requests: 3,
        responses: 3,
        errors: 0,
      });
      expect(clients.get('other')).toMatchObject({
        requests: 61,
        responses: 61,
      });
      expect(tested.store.capped.clients).toBe(61);
    });

    it('keep their places where all of them are in the batch of a newcomer', async () => {
      const first = numbered('first', 1000);
      await tested.writer.append(...visitsOf(first.slice(0, 500)));
      await tested.writer.append(...visitsOf(first.slice(500)));
      await tested.writer.append(...visitsOf([...first, 'new']));
      const clients = await readClients();
      const counts = [...clients].map(([owner, { requests }]) => [
        owner,
        requests,
      ]);
      expect(Object.fromEntries(counts)).toEqual({
        ...Object.fromEntries(first.map((name) => [`user:${name}`, 2])),
        other: 1,
      });
      expect(tested.store.capped.clients).toBe(1);
    });

    it('lose nothing where many give up their places while they are busy', async () => {
      for (let round = 0; round < 8; round += 1) {
        await tested.writer.append(
          ...Array.from({ length: 400 }, (_, index) =>
            leftOut(user(String(round * 200 + index)), { timestamp: HOUR }),
          ),
        );
      }
      const clients = await readClients();
      expect(clients.size).toBeLessThanOrEqual(1001);
      const requests = [...clients.values()].map((totals) => totals.requests);
      expect(requests.reduce((sum, count) => sum + count, 0)).toBe(3200);
    });
  });

  describe('the number of different clients', () => {
    it('counts each once, over slots and instances', async () => {
      const other = new TestWriter(tested.otherStore);
      await tested.writer.append(
        exchangeOf(user('42'), { timestamp: HOUR }),
        leftOut(visitor('192.0.2.1'), { timestamp: HOUR }),
        exchangeOf(user('42'), { timestamp: HOUR + 60 }),
      );
      await other.append(
        exchangeOf(user('42'), { timestamp: HOUR }),
        leftOut(user('43'), { timestamp: HOUR + 60 }),
        exchangeOf(user('44'), { timestamp: HOUR + 300 }),
      );
      const { store } = tested;
      const minute = { start: HOUR, length: 60 } as const;
      const next = { start: HOUR + 60, length: 60 } as const;
      const empty = { start: HOUR + 120, length: 60 } as const;
      expect(await store.countClients([minute])).toBe(2);
      expect(await store.countClients([next, empty])).toBe(2);
      expect(await store.countClients([minute, next])).toBe(3);
      expect(await store.countClients([empty])).toBe(0);
      const year = Array.from({ length: 8760 }, (_, hour) => ({
        start: HOUR - hour * 3600,
        length: 3600 as const,
      }));
      expect(await store.countClients(year)).toBe(4);
      expect(await store.countClients([])).toBe(0);
      expect(await store.countClients([{ start: HOUR, length: 300 }])).toBe(3);
      expect(await store.countClients([{ start: HOUR, length: 3600 }])).toBe(4);
    });

    it('is right within 2 % when they are many', async () => {
      for (let batch = 0; batch < 10; batch += 1) {
        await tested.writer.append(
          ...Array.from({ length: 500 }, (_, index) =>
            leftOut(user(`user-${batch * 500 + index}`), {
              timestamp: HOUR + batch * 60,
            }),
          ),
        );
      }
      const minutes = Array.from({ length: 10 }, (_, index) => ({
        start: HOUR + index * 60,
        length: 60 as const,
      }));
      for (const slots of [minutes, [{ start: HOUR, length: 3600 as const }]]) {
        const count = await tested.store.countClients(slots);
        expect(Math.abs(count - 5000)).toBeLessThanOrEqual(100);
      }
    });

    it('stays as long as the usage', async () => {
      await tested.restart({ rollups: { minutes: 1000, hours: 2000 } });
      const count = (length: SlotLength): Promise<number> =>
        tested.store.countClients([{ start: HOUR, length }]);
      await tested.writer.append(leftOut(user('42'), { timestamp: HOUR }));
      await tested.passTime(1057);
      expect(await count(60)).toBe(1);
      await tested.passTime(5);
      expect(await count(60)).toBe(0);
      await tested.passTime(5600 - 1062 - 3);
      expect(await count(300)).toBe(0);
      expect(await count(3600)).toBe(1);
      await tested.passTime(5);
      expect(await count(3600)).toBe(0);
    });
  });
}
