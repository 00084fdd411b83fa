import { describe, expect, it } from 'vitest';
import {
  dayAfter,
  dayBefore,
  endOfDay,
  utcDay,
} from '../../src/model/clients/salt-days.js';
import type { StoreUnderTest } from './store-under-test.js';

const DAY_SECONDS = 86_400;

/** How long a day goes on, in seconds. */
function secondsLeftOf(day: string): number {
  return Math.ceil((endOfDay(day) - Date.now()) / 1000);
}

export function describeAddressSalts(tested: StoreUnderTest): void {
  describe('the salt of a day', () => {
    it('is made once for all who ask, and is long and random', async () => {
      const today = utcDay(Date.now());
      const asked = await Promise.all([
        tested.store.addressSalt(today),
        tested.otherStore.addressSalt(today),
        tested.store.addressSalt(today),
      ]);
      const [salt] = asked;
      expect(salt).toMatch(/^[\w-]{43}$/);
      expect(new Set(asked)).toEqual(new Set([salt]));
      await tested.restart({});
      expect(await tested.store.addressSalt(today)).not.toBe(salt);
    });

    it('is another for another day', async () => {
      const now = Date.now();
      const salts = [
        await tested.store.addressSalt(dayAfter(now)),
        await tested.store.addressSalt(utcDay(now)),
      ];
      await tested.restart({ maxSessionSeconds: DAY_SECONDS });
      salts.push(await tested.store.addressSalt(dayBefore(now)));
      expect(salts).not.toContain(null);
      expect(new Set(salts).size).toBe(3);
    });

    it.each([
      ['as long as a session may last', 1000, 1000],
      ['a day at most', 10 * DAY_SECONDS, DAY_SECONDS],
    ])('stays after its day %s', async (_, maxSessionSeconds, seconds) => {
      await tested.restart({ maxSessionSeconds });
      const today = utcDay(Date.now());
      const salt = await tested.store.addressSalt(today);
      await tested.passTime(secondsLeftOf(today) + seconds - 60);
      expect(await tested.store.addressSalt(today)).toBe(salt);
      await tested.passTime(61);
      expect(await tested.store.addressSalt(today)).not.toBe(salt);
    });

    it('is not made for a day that is over for too long', async () => {
      expect(await tested.store.addressSalt('2020-02-29')).toBeNull();
    });
  });
}
