import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  leftOut,
  requestRecord,
  responseRecord,
  START,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import {
  clientTotalsByMinute,
  routeTotalsByMinute,
  UNROUTED,
} from './batch-totals.js';
import { bucketOf } from './duration-buckets.js';
import type { Exchange } from '../records/exchange.js';
import {
  type ClientTotals,
  emptyRequestTotals,
  type RequestTotals,
} from './request-totals.js';

const MINUTE = Math.floor(START / 60) * 60;

interface MinuteTotals {
  start: number;
  routes: Map<string, RequestTotals>;
  clients: Map<string, ClientTotals> | undefined;
}

function totalsByMinute(exchanges: readonly Exchange[]): MinuteTotals[] {
  const clients = clientTotalsByMinute(exchanges);
  return [...routeTotalsByMinute(exchanges)].map(([start, routes]) => ({
    start,
    routes,
    clients: clients.get(start),
  }));
}

/** Of a minute that has one route. */
function onlyRoute(minute: MinuteTotals | undefined): unknown {
  expect(minute?.routes.size).toBe(1);
  return [...(minute?.routes.values() ?? [])][0];
}

describe('the totals of a batch', () => {
  it('are those of the minutes in which its requests arrived', () => {
    const minutes = totalsByMinute([
      exchangeOf(user('42'), { timestamp: MINUTE + 59.999 }),
      exchangeOf(user('42'), { timestamp: MINUTE + 60 }),
      exchangeOf(user('42'), { timestamp: MINUTE }),
      {
        client: user('42'),
        request: requestRecord({ timestamp: MINUTE + 1 }),
        response: responseRecord({ timestamp: MINUTE + 3600 }),
      },
    ]);
    expect(minutes.map(({ start }) => start)).toEqual([MINUTE, MINUTE + 60]);
    expect(minutes.map(onlyRoute)).toMatchObject([
      { requests: 3, responses: 3 },
      { requests: 1, responses: 1 },
    ]);
  });

  it('tell routes and clients apart', () => {
    const [minute] = totalsByMinute([
      exchangeOf(user('42'), { route: '/a', status: 404, duration: 0.5 }),
      exchangeOf(user('42', '198.51.100.1'), { route: '/a', duration: 2 }),
      exchangeOf(visitor('192.0.2.1'), { method: 'POST', status: 500 }),
    ]);
    expect(minute?.routes).toEqual(
      new Map([
        [
          'GET /a',
          {
            requests: 2,
            responses: 2,
            clientErrors: 1,
            serverErrors: 0,
            durationMicroseconds: 2500,
            longestMicroseconds: 2000,
            durations: new Map([
              [bucketOf(500), 1],
              [bucketOf(2000), 1],
            ]),
          },
        ],
        [
          'POST unmatched',
          {
            requests: 1,
            responses: 1,
            clientErrors: 0,
            serverErrors: 1,
            durationMicroseconds: 1000,
            longestMicroseconds: 1000,
            durations: new Map([[bucketOf(1000), 1]]),
          },
        ],
      ]),
    );
    expect(minute?.clients).toEqual(
      new Map([
        [
          'user:42',
          { requests: 2, responses: 2, errors: 1, durationMicroseconds: 2500 },
        ],
        [
          'ip:192.0.2.1',
          { requests: 1, responses: 1, errors: 1, durationMicroseconds: 1000 },
        ],
      ]),
    );
  });

  it('count a response without its request for no route', () => {
    const response = responseRecord({ duration_ms: 3 });
    const [minute] = totalsByMinute([{ client: user('42'), response }]);
    expect([...(minute?.routes.keys() ?? [])]).toEqual([UNROUTED]);
    expect(onlyRoute(minute)).toMatchObject({
      requests: 0,
      responses: 1,
      durationMicroseconds: 3000,
    });
    expect(minute?.clients?.get('user:42')?.responses).toBe(1);
  });

  it('count a response for the route and the minute of its request, where that is known', () => {
    const response = responseRecord({
      timestamp: START + 61,
      duration_ms: 61_000,
      status_code: 500,
    });
    const answers = { timestamp: START, method: 'PUT', route: '/a/:b' };
    const minutes = totalsByMinute([{ client: user('42'), response, answers }]);
    expect(minutes.map(({ start }) => start)).toEqual([
      Math.floor(START / 60) * 60,
    ]);
    expect(minutes[0]?.routes.get('PUT /a/:b')).toMatchObject({
      requests: 0,
      responses: 1,
      serverErrors: 1,
    });
  });

  it('count a response that comes alone when its request must have arrived', () => {
    const response = responseRecord({
      timestamp: START + 61,
      duration_ms: 61_000,
    });
    const [minute] = totalsByMinute([{ client: user('42'), response }]);
    expect(minute?.start).toBe(Math.floor(START / 60) * 60);
  });

  it('count a request whose response is not there yet', () => {
    const [minute] = totalsByMinute([
      { client: user('42'), request: requestRecord() },
    ]);
    expect(onlyRoute(minute)).toEqual({ ...emptyRequestTotals(), requests: 1 });
  });

  it('count what sampling left out as all else', () => {
    const [minute] = totalsByMinute([leftOut(user('42'))]);
    expect(onlyRoute(minute)).toMatchObject({ requests: 1 });
    expect(minute?.clients?.size).toBe(1);
  });

  it('are not spoilt by a duration that is none', () => {
    const [minute] = totalsByMinute([
      exchangeOf(user('42'), { duration: Number.NaN }),
      exchangeOf(user('42'), { duration: 1 }),
    ]);
    expect(onlyRoute(minute)).toMatchObject({
      responses: 2,
      durationMicroseconds: 1000,
    });
  });

  it('are none of nothing', () => {
    expect(totalsByMinute([])).toEqual([]);
  });
});
