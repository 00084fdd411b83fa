import { describe, expect, it } from 'vitest';
import type { ReadonlyTotals } from '../../src/model/totals/request-totals.js';
import { slotAt, type SlotLength } from '../../src/model/totals/time-slot.js';
import type { AppendedBatch } from '../../src/store/session-store.js';
import {
  exchangeOf,
  leftOut,
  requestRecord,
  responseRecord,
  START,
  user,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

/** A full hour. */
const HOUR = slotAt(START, 3600).start;

const ODD_ROUTES = [
  '__proto__',
  'constructor',
  'other',
  'none',
  'routes',
  '1',
  '1:requests',
  'd5',
  '',
  '/with space',
  '/line\nbreak',
  '/emoji/🦊',
];

export function describeRoutes(tested: StoreUnderTest): void {
  function readRoutes(
    start: number,
    length: SlotLength,
  ): Promise<ReadonlyMap<string, ReadonlyTotals>> {
    return tested.store.readRoutes({ start, length });
  }

  function visit(
    routes: readonly string[],
    timestamp: number,
  ): Promise<AppendedBatch> {
    return tested.writer.append(
      ...routes.map((route) => leftOut(user('42'), { timestamp, route })),
    );
  }

  describe('the routes of a slot', () => {
    it('have totals of their own, by method and template', async () => {
      const client = user('42');
      const route = '/users/:id';
      await tested.writer.append(
        exchangeOf(client, { timestamp: HOUR, route, duration: 2 }),
        exchangeOf(client, {
          timestamp: HOUR + 1,
          route,
          status: 404,
          duration: 5,
        }),
        exchangeOf(client, {
          timestamp: HOUR + 2,
          route,
          method: 'POST',
          status: 503,
        }),
        exchangeOf(client, { timestamp: HOUR + 3 }),
        { client, request: requestRecord({ timestamp: HOUR + 4, route }) },
      );
      for (const length of [300, 3600] as const) {
        const routes = await readRoutes(HOUR, length);
        expect([...routes.keys()].toSorted()).toEqual([
          'GET /users/:id',
          'GET unmatched',
          'POST /users/:id',
        ]);
        expect(routes.get('GET /users/:id')).toMatchObject({
          requests: 3,
          responses: 2,
          clientErrors: 1,
          serverErrors: 0,
          durationMicroseconds: 7000,
          longestMicroseconds: 5000,
        });
        expect(routes.get('GET /users/:id')?.durations.size).toBe(2);
        expect(routes.get('POST /users/:id')).toMatchObject({
          requests: 1,
          clientErrors: 0,
          serverErrors: 1,
        });
      }
    });

    it('are kept by five minutes and by the hour only', async () => {
      await tested.writer.append(exchangeOf(user('42'), { timestamp: HOUR }));
      expect(await readRoutes(HOUR, 60)).toEqual(new Map());
      expect(await readRoutes(HOUR + 300, 300)).toEqual(new Map());
      expect((await readRoutes(HOUR, 300)).size).toBe(1);
      expect((await readRoutes(HOUR, 3600)).size).toBe(1);
    });

    it('know nothing of a response without its request', async () => {
      await tested.writer.append({
        client: user('42'),
        response: responseRecord({ timestamp: HOUR }),
      });
      expect(await readRoutes(HOUR, 300)).toEqual(new Map());
      expect(await readRoutes(HOUR, 3600)).toEqual(new Map());
    });

    it('may have any name', async () => {
      await tested.writer.append(
        ...ODD_ROUTES.map((route) =>
          leftOut(user('42'), { timestamp: HOUR, route }),
        ),
      );
      for (const length of [300, 3600] as const) {
        const routes = await readRoutes(HOUR, length);
        expect(
          [...routes].map(([name, { requests }]) => [name, requests]),
        ).toEqual(
          expect.arrayContaining(ODD_ROUTES.map((name) => [`GET ${name}`, 1])),
        );
        expect(routes.size).toBe(ODD_ROUTES.length);
      }
    });

    it('are 500 at most; what is beyond is `other`, and counted', async () => {
      const names = Array.from({ length: 510 }, (_, index) => `/${index}`);
      await visit(names.slice(0, 300), HOUR);
      await visit(names.slice(200), HOUR + 1);
      await visit(['/0', '/505', '/505'], HOUR + 2);
      for (const length of [300, 3600] as const) {
        const routes = await readRoutes(HOUR, length);
        expect(routes.size).toBe(501);
        expect(routes.get('other')).toMatchObject({
          requests: 12,
          responses: 12,
          durationMicroseconds: 12_000,
        });
        expect(routes.get('GET /0')?.requests).toBe(2);
        const usage = await tested.store.readUsage({ start: HOUR, length });
        expect(usage?.requests).toBe(613);
      }
      expect(tested.store.capped.routes).toBe(12);
    });

    it('of an hour that are beyond 500 are counted nowhere twice', async () => {
      const names = Array.from({ length: 600 }, (_, index) => `/${index}`);
      await visit(names.slice(0, 300), HOUR);
      await visit(names.slice(300), HOUR + 300);
      expect((await readRoutes(HOUR + 300, 300)).size).toBe(300);
      const routes = await readRoutes(HOUR, 3600);
      expect(routes.size).toBe(501);
      expect(routes.get('other')?.requests).toBe(100);
      expect(tested.store.capped.routes).toBe(0);
    });
  });
}
