import { describe, expect, it } from 'vitest';
import { slotAt, type SlotLength } from '../../src/model/totals/time-slot.js';
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

export function describeUsage(tested: StoreUnderTest): void {
  async function requestsIn(
    start: number,
    length: SlotLength,
  ): Promise<number | undefined> {
    const usage = await tested.store.readUsage({ start, length });
    return usage?.requests;
  }

  describe('the usage of a slot', () => {
    it('is the sum of everything in it', async () => {
      const client = user('42');
      await tested.writer.append(
        exchangeOf(client, { timestamp: HOUR, status: 200, duration: 1.5 }),
        exchangeOf(client, { timestamp: HOUR + 1, status: 399, duration: 2 }),
        exchangeOf(visitor('192.0.2.1'), {
          timestamp: HOUR + 2,
          status: 400,
          duration: 0,
        }),
        exchangeOf(client, { timestamp: HOUR + 3, status: 499, duration: 7 }),
        { client, request: requestRecord({ timestamp: HOUR + 4 }) },
      );
      await tested.writer.append(
        exchangeOf(client, { timestamp: HOUR + 5, status: 500, duration: 3 }),
        {
          client,
          response: responseRecord({
            timestamp: HOUR + 6,
            status_code: 599,
            duration_ms: 0.25,
          }),
        },
      );
      for (const length of [60, 300, 3600] as const) {
        const usage = await tested.store.readUsage({ length, start: HOUR });
        expect(usage).toMatchObject({
          requests: 6,
          responses: 6,
          clientErrors: 2,
          serverErrors: 2,
          durationMicroseconds: 13_750,
          longestMicroseconds: 7000,
          newSessions: 2,
        });
        const counts = [...(usage?.durations.values() ?? [])];
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
      }
    });

    it('begins and ends with the slot, which is aligned to its length', async () => {
      for (const second of [0, 59.999, 60, 299.999, 300, 3599.999, 3600]) {
        await tested.writer.append(
          exchangeOf(user('42'), { timestamp: HOUR + second }),
        );
      }
      expect(await requestsIn(HOUR, 60)).toBe(2);
      expect(await requestsIn(HOUR + 60, 60)).toBe(1);
      expect(await requestsIn(HOUR + 240, 60)).toBe(1);
      expect(await requestsIn(HOUR + 3540, 60)).toBe(1);
      expect(await requestsIn(HOUR, 300)).toBe(4);
      expect(await requestsIn(HOUR + 300, 300)).toBe(1);
      expect(await requestsIn(HOUR, 3600)).toBe(6);
      expect(await requestsIn(HOUR + 3600, 3600)).toBe(1);
    });

    it('counts a response in the minute in which its request arrived', async () => {
      await tested.writer.append({
        client: user('42'),
        request: requestRecord({ timestamp: HOUR + 59 }),
        response: responseRecord({ timestamp: HOUR + 61 }),
      });
      expect(
        await tested.store.readUsage({ start: HOUR, length: 60 }),
      ).toMatchObject({ requests: 1, responses: 1 });
      expect(
        await tested.store.readUsage({ start: HOUR + 60, length: 60 }),
      ).toBeNull();
    });

    it('counts a session where its first record lies', async () => {
      const client = user('42');
      await tested.writer.append(
        exchangeOf(client, { timestamp: HOUR + 70 }),
        exchangeOf(client, { timestamp: HOUR + 50 }),
      );
      await tested.writer.append(exchangeOf(client, { timestamp: HOUR + 80 }));
      const first = await tested.store.readUsage({ start: HOUR, length: 60 });
      const second = await tested.store.readUsage({
        start: HOUR + 60,
        length: 60,
      });
      expect([first?.newSessions, second?.newSessions]).toEqual([1, 0]);
    });

    it('is null where nothing happened', async () => {
      await tested.writer.append(exchangeOf(user('42'), { timestamp: HOUR }));
      for (const length of [60, 300, 3600] as const) {
        expect(
          await tested.store.readUsage({ start: HOUR - 3600, length }),
        ).toBeNull();
      }
    });

    it('grows by what every instance stores, and by nothing that is sent again', async () => {
      const other = new TestWriter(tested.otherStore);
      const batch = tested.writer.batch([
        leftOut(user('42'), { timestamp: HOUR }),
        exchangeOf(user('42'), { timestamp: HOUR }),
      ]);
      await tested.store.prepare(batch).append();
      await other.append(exchangeOf(user('42'), { timestamp: HOUR }));
      await tested.store.prepare(batch).append();
      await tested.otherStore.prepare(structuredClone(batch)).append();
      for (const length of [60, 300, 3600] as const) {
        expect(
          await tested.otherStore.readUsage({ start: HOUR, length }),
        ).toMatchObject({ requests: 3, responses: 3, newSessions: 1 });
      }
      const routes = await tested.store.readRoutes({
        start: HOUR,
        length: 300,
      });
      expect(routes.get('GET unmatched')?.requests).toBe(3);
    });

    it('stays for the time set, from when it was there to be read', async () => {
      await tested.restart({ rollups: { minutes: 1000, hours: 2000 } });
      const write = (): Promise<unknown> =>
        tested.writer.append(leftOut(user('42'), { timestamp: HOUR }));
      await write();
      expect(await requestsIn(HOUR, 60)).toBe(1);
      await tested.passTime(1057);
      await write();
      expect(await requestsIn(HOUR, 60)).toBe(2);
      await tested.passTime(5);
      expect(await requestsIn(HOUR, 60)).toBeUndefined();
      await tested.passTime(1300 - 1062 - 3);
      expect(await requestsIn(HOUR, 300)).toBe(2);
      await tested.passTime(5);
      expect(await requestsIn(HOUR, 300)).toBeUndefined();
      expect(
        await tested.store.readRoutes({ start: HOUR, length: 300 }),
      ).toEqual(new Map());
      await tested.passTime(5600 - 1302 - 3);
      expect(await requestsIn(HOUR, 3600)).toBe(2);
      await tested.passTime(5);
      expect(await requestsIn(HOUR, 3600)).toBeUndefined();
      expect(
        await tested.store.readRoutes({ start: HOUR, length: 3600 }),
      ).toEqual(new Map());
    });

    it('is answered as it is, not as the holding itself', async () => {
      const slot = { start: HOUR, length: 60 } as const;
      await tested.writer.append(exchangeOf(user('42'), { timestamp: HOUR }));
      const before = await tested.store.readUsage(slot);
      await tested.writer.append(exchangeOf(user('42'), { timestamp: HOUR }));
      const after = await tested.store.readUsage(slot);
      expect([before?.requests, after?.requests]).toEqual([1, 2]);
    });
  });
}
