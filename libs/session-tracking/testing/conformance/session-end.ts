import { describe, expect, it } from 'vitest';
import { at, exchangeOf, now, user, visitor } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

const DAY_SECONDS = 86_400;
const TODAY = Math.round(now());

export function describeSessionEnd(tested: StoreUnderTest): void {
  describe('the end of a session', () => {
    it('ends it, data and all, after the idle time', async () => {
      const client = user('42', '192.0.2.3');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      await tested.passTime(97);
      expect(await tested.store.findSessionId({ userId: '42' })).toBe(id);
      await tested.passTime(4);
      expect(await tested.store.findSessionId({ userId: '42' })).toBeNull();
      expect(await tested.store.readSession(id)).toBeNull();
      expect(await tested.listIds({ limit: 10 })).toEqual([]);
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([]);
      expect(await tested.listIdsOf({ ip: '192.0.2.3' })).toEqual([]);
      expect(await tested.store.eraseSession(id)).toBeNull();

      const next = await tested.writer.sessionOf(exchangeOf(client));
      expect(next).not.toBe(id);
      expect((await tested.read(next)).info).toMatchObject({
        request_count: 1,
      });
      expect((await tested.read(next)).info).not.toHaveProperty(
        'previous_session_id',
      );
    });

    it('comes early to those unused for longest where there are too many', async () => {
      await tested.restart({ maxSessions: 3 });
      const ids: string[] = [];
      for (const last of [1, 2, 3, 4, 5]) {
        const client = visitor(`192.0.2.${last}`);
        ids.push(await tested.writer.sessionOf(exchangeOf(client)));
        await tested.passTime(10);
        // The first stays in use.
        await tested.writer.append(exchangeOf(visitor('192.0.2.1')));
      }
      const [first = '', second = '', third = '', ...newest] = ids;
      expect((await tested.listIds({ limit: 10 })).toSorted()).toEqual(
        [first, ...newest].toSorted(),
      );
      expect(await tested.store.readSession(second)).toBeNull();
      expect(await tested.store.readSession(third)).toBeNull();
      expect(await tested.listIdsOf({ ip: '192.0.2.2' })).toEqual([]);
      expect((await tested.read(first)).info.request_count).toBe(6);
      expect(tested.store.capped.sessions).toBe(2);
      const again = await tested.writer.sessionOf(
        exchangeOf(visitor('192.0.2.2')),
      );
      expect(again).not.toBe(second);
    });

    it('keeps it as long as its client is busy', async () => {
      const client = visitor('192.0.2.4');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      for (let round = 1; round <= 4; round += 1) {
        await tested.passTime(60);
        expect(
          await tested.writer.sessionOf(
            exchangeOf(client, { timestamp: at(round * 60) }),
          ),
        ).toBe(id);
      }
      const { info, requests, responses } = await tested.read(id);
      expect(info.request_count).toBe(5);
      expect([requests.length, responses.length]).toEqual([5, 5]);
      expect(await tested.listIds({ limit: 10 })).toEqual([id]);
      expect(await tested.listIdsOf({ ip: '192.0.2.4' })).toEqual([id]);
    });

    it('ends a busy one by age; the next names it and both stay readable', async () => {
      await tested.restart({ maxSessionSeconds: 50 });
      const client = user('42');
      const first = await tested.writer.sessionOf(exchangeOf(client));
      expect(
        await tested.writer.sessionOf(
          exchangeOf(client, { timestamp: at(49.999) }),
        ),
      ).toBe(first);
      const second = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: at(50) }),
      );
      expect(second).not.toBe(first);
      expect((await tested.read(second)).info).toMatchObject({
        previous_session_id: first,
        created_at: at(50),
        request_count: 1,
      });
      expect((await tested.read(first)).info.request_count).toBe(2);
      expect(await tested.store.findSessionId({ userId: '42' })).toBe(second);
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([second, first]);
      expect(await tested.listIds({ limit: 10 })).toEqual([second, first]);

      const third = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: at(100) }),
      );
      expect((await tested.read(third)).info.previous_session_id).toBe(second);
    });

    it.each([
      ['almost a day ago', TODAY - DAY_SECONDS + 10, TODAY + 2 * DAY_SECONDS],
      ['in 1972', 90_000_009, TODAY],
      ['in 2001', 999_000_000.5, TODAY],
      ['today', TODAY, 17_000_000_000],
      ['yesterday', TODAY - DAY_SECONDS, 17_000_000_000],
      // A day later it is a time that begins with the digits of today.
      ['in July 1970', Math.floor(TODAY / 100) + 0.5 - DAY_SECONDS, TODAY],
      ['in January 1970', Math.floor(TODAY / 1000) + 0.25 - DAY_SECONDS, TODAY],
      ['in 1970, too', Math.floor(TODAY / 1000) - DAY_SECONDS, TODAY],
    ])(
      'ends one that began %s by age, to the millisecond',
      async (_, began, later) => {
        await tested.restart({ maxSessionSeconds: DAY_SECONDS });
        const client = user('42');
        const sessionAt = (timestamp: number): Promise<string> =>
          tested.writer.sessionOf(exchangeOf(client, { timestamp }));
        const first = await sessionAt(began);
        expect(await sessionAt(began + DAY_SECONDS - 0.001)).toBe(first);
        const second = await sessionAt(began + DAY_SECONDS);
        expect(second).not.toBe(first);
        const third = await sessionAt(later);
        expect((await tested.read(third)).info.previous_session_id).toBe(
          second,
        );
      },
    );

    it('keeps the data of one that ended by age for retentionSeconds from then', async () => {
      await tested.restart({ maxSessionSeconds: 50, retentionSeconds: 30 });
      const client = user('42');
      const first = await tested.writer.sessionOf(exchangeOf(client));
      const second = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: at(50) }),
      );
      await tested.passTime(29);
      expect(await tested.store.readSession(first)).not.toBeNull();
      await tested.passTime(2);
      expect(await tested.store.readSession(first)).toBeNull();
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([second]);
      expect(await tested.listIds({ limit: 10 })).toEqual([second]);
    });

    it('keeps the data of an idle one while it is retained', async () => {
      await tested.restart({ retentionSeconds: 500 });
      const client = user('42', '192.0.2.3');
      const first = await tested.writer.sessionOf(exchangeOf(client));
      await tested.passTime(101);
      expect(await tested.store.findSessionId({ userId: '42' })).toBeNull();
      expect((await tested.read(first)).requests).toHaveLength(1);
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([first]);

      const second = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: at(101) }),
      );
      expect(second).not.toBe(first);
      expect(await tested.listIdsOf({ ip: '192.0.2.3' })).toEqual([
        second,
        first,
      ]);
      expect(await tested.listIds({ limit: 10 })).toEqual([second, first]);
      await tested.passTime(401);
      expect(await tested.store.readSession(first)).toBeNull();
      expect(await tested.listIds({ limit: 10 })).toEqual([second]);
    });

    it('never lets the data of an open one go, however short the retention', async () => {
      await tested.restart({ retentionSeconds: 10 });
      const id = await tested.writer.sessionOf(exchangeOf(user('42')));
      await tested.passTime(95);
      expect(await tested.store.findSessionId({ userId: '42' })).toBe(id);
      expect((await tested.read(id)).requests).toHaveLength(1);
    });
  });
}
