import { describe, expect, it } from 'vitest';
import { START } from '../../testing/record-builders.js';
import {
  DEFAULT_RETENTION,
  TotalsByHand,
  totalsOf,
} from '../../testing/totals-by-hand.js';
import { floorTo, type TimeSlot } from '../model/totals/time-slot.js';
import { Horizon } from './horizon.js';
import type { UsageQuery } from './usage-series.js';
import { measureUsage } from './usage.js';

const HOUR = 3600;
const DAY = 86_400;

/** 22:13:20 UTC. */
const NOW = START;
const THIS_STEP = floorTo(NOW, 300);

const NOTHING = {
  requests: 0,
  responses: 0,
  errors: 0,
  client_errors: 0,
  server_errors: 0,
  error_rate: 0,
  new_sessions: 0,
  avg: 0,
  p95: 0,
  max: 0,
};

function ask(
  query: UsageQuery = {},
  store = new TotalsByHand(),
  retention = DEFAULT_RETENTION,
  rate = 1,
) {
  return measureUsage(store, query, new Horizon(NOW, retention), rate);
}

const lengthOf = (slots: readonly TimeSlot[]): number =>
  slots.reduce((sum, { length }) => sum + length, 0);

describe('usage', () => {
  it('is told step by step and in all', async () => {
    const store = new TotalsByHand()
      .addUsage(
        { start: THIS_STEP - 300, length: 300 },
        totalsOf([10, 30], { clientErrors: 1, requests: 4 }),
        2,
      )
      .addUsage(
        { start: THIS_STEP, length: 300 },
        totalsOf([80], { serverErrors: 1 }),
        1,
      );
    const { since, until, step, series, totals } = await ask(
      { window: '10m', step: '5m' },
      store,
    );
    expect([since, until, step]).toEqual([
      THIS_STEP - 600,
      THIS_STEP + 300,
      300,
    ]);
    expect(series).toEqual([
      { start: THIS_STEP - 600, ...NOTHING, unique_clients: 1 },
      {
        start: THIS_STEP - 300,
        requests: 4,
        responses: 2,
        errors: 1,
        client_errors: 1,
        server_errors: 0,
        error_rate: 0.25,
        unique_clients: 1,
        new_sessions: 2,
        avg: 20,
        p95: expect.closeTo(30, 0),
        max: 30,
      },
      {
        start: THIS_STEP,
        requests: 1,
        responses: 1,
        errors: 1,
        client_errors: 0,
        server_errors: 1,
        error_rate: 1,
        unique_clients: 1,
        new_sessions: 1,
        avg: 80,
        p95: expect.closeTo(80, 0),
        max: 80,
      },
    ]);
    expect(totals).toEqual({
      requests: 5,
      responses: 3,
      errors: 2,
      client_errors: 1,
      server_errors: 1,
      error_rate: 0.4,
      unique_clients: 3,
      new_sessions: 3,
      avg: 40,
      p95: expect.closeTo(80, 0),
      max: 80,
    });
  });

  it.each([
    [1, 1],
    [0.25, 4],
    [0, null],
  ])(
    'says which share of the clients its new sessions are of: %d',
    async (rate, weight) => {
      const { sample } = await ask({}, undefined, undefined, rate);
      expect(sample).toEqual({ rate, weight });
    },
  );

  it('has every step, also where nothing happened', async () => {
    const { since, until, series } = await ask({ window: '6h', step: '1h' });
    expect(series.map(({ start }) => start)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((step) => since + step * HOUR),
    );
    expect(until).toBe(since + 7 * HOUR);
    expect(series[0]).toMatchObject(NOTHING);
  });

  it.each([
    ['1m', 60, '1h'],
    ['2m', 60, '1h'],
    ['5m', 300, '12h'],
    ['15m', 300, '24h'],
    ['1h', 3600, '7d'],
    ['1d', 3600, '30d'],
    ['7m', 60, '24h'],
  ])(
    'in steps of %s is aligned and reads no slot twice',
    async (step, shortest, window) => {
      const store = new TotalsByHand();
      const report = await ask({ window, step }, store);
      for (const { start } of report.series) {
        expect(start % report.step).toBe(0);
      }
      let reached = report.since;
      for (const { start, length } of store.read) {
        expect(start).toBe(reached);
        expect(length).toBeGreaterThanOrEqual(shortest);
        reached += length;
      }
      expect(reached).toBe(report.until);
      // The clients of each step, and those of the whole window.
      const ofSteps = store.counted.filter(
        (slots) => lengthOf(slots) === report.step,
      );
      const ofAll = store.counted.filter(
        (slots) => lengthOf(slots) === report.until - report.since,
      );
      expect(ofSteps).toHaveLength(report.series.length);
      expect(ofSteps.flat()).toEqual(store.read);
      expect(ofAll).toHaveLength(1);
    },
  );

  it('is of a day in steps of five minutes, or of what suits the window', async () => {
    expect(await ask()).toMatchObject({
      step: 300,
      since: THIS_STEP + 300 - DAY,
      until: THIS_STEP + 300,
    });
    expect(await ask({ window: '7d' })).toMatchObject({ step: HOUR });
    const year = { minutes: DAY, hours: 365 * DAY };
    expect(
      await ask({ window: '365d' }, undefined, {
        ...DEFAULT_RETENTION,
        rollups: year,
      }),
    ).toMatchObject({ step: DAY });
    const hour = { minutes: HOUR, hours: HOUR };
    expect(
      await ask({}, undefined, { ...DEFAULT_RETENTION, rollups: hour }),
    ).toMatchObject({ step: 300, since: THIS_STEP + 300 - HOUR });
  });

  it('begins with what is kept where its beginning was left out', async () => {
    const until = NOW - 600;
    expect(await ask({ until, step: '5m' })).toMatchObject({
      since: THIS_STEP + 300 - DAY,
      until: THIS_STEP - 300,
    });
    const sixHours = { minutes: 6 * HOUR, hours: 30 * DAY };
    expect(
      await ask({ step: '5m' }, undefined, {
        ...DEFAULT_RETENTION,
        rollups: sixHours,
      }),
    ).toMatchObject({ since: THIS_STEP + 300 - 6 * HOUR });
    await expect(ask({ until: NOW - 2 * DAY, step: '5m' })).rejects.toThrow(
      /^until reaches back too far/,
    );
  });

  it('is of a whole day before its end where one is kept', async () => {
    const { since, until } = await ask({ until: NOW - HOUR, step: '1h' });
    expect(until - since).toBe(DAY + HOUR);
  });

  it('never begins with a step that may be gone in part', async () => {
    expect(await ask({ window: '30d', step: '1d' })).toMatchObject({
      since: floorTo(NOW, DAY) + DAY - 30 * DAY,
    });
  });

  it('takes no hours where these are kept for less than its window', async () => {
    const store = new TotalsByHand();
    const rollups = { minutes: DAY, hours: HOUR };
    await ask({ window: '24h', step: '5m' }, store, {
      ...DEFAULT_RETENTION,
      rollups,
    });
    const lengths = [store.read, ...store.counted]
      .flat()
      .map(({ length }) => length);
    expect(new Set(lengths)).toEqual(new Set([300]));
  });

  it('has no step longer than what it adds up is kept', async () => {
    const rollups = { minutes: HOUR, hours: 2 * HOUR };
    const retention = { ...DEFAULT_RETENTION, rollups };
    await expect(
      ask({ window: '1h', step: '3h' }, undefined, retention),
    ).rejects.toThrow(/^step must be at most 2h/);
  });

  it.each<[UsageQuery, RegExp]>([
    [
      { window: '25h', step: '5m' },
      /^window reaches .* step of 5m are kept for 1d; with a step of whole hours, for 30d$/,
    ],
    [
      { since: NOW - 2 * DAY, step: '90m' },
      /^since reaches .* step of 90m are kept for 1d/,
    ],
    [{ window: '31d', step: '1h' }, /^window reaches .* kept for 30d$/],
    [
      { window: '24h', step: '1m' },
      /^step makes more than 1000 steps .* at least 2m/,
    ],
    [{ step: '90s' }, /^step must be a whole number of minutes/],
    [{ step: 'often' }, /^step must be a whole number of minutes/],
  ])('is refused: %j', async (query, message) => {
    await expect(ask(query)).rejects.toThrow(message);
  });

  it('takes the step that a refusal advises', async () => {
    const { series } = await ask({ window: '24h', step: '2m' });
    expect(series).toHaveLength(720);
  });
});
