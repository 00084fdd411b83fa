import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keepBusy } from '../../testing/keep-busy.js';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
  START,
} from '../../testing/record-builders.js';
import {
  DEFAULT_RETENTION,
  TotalsByHand,
  totalsOf,
} from '../../testing/totals-by-hand.js';
import { wholeAddresses } from '../model/clients/address-anonymizer.js';
import type { SessionHistory } from '../model/records/records.js';
import { floorTo, type TimeSlot } from '../model/totals/time-slot.js';
import type {
  RetentionPolicy,
  SessionSummary,
} from '../store/session-store.js';
import { type EndpointsQuery, measureEndpoints } from './endpoints.js';
import { Horizon } from './horizon.js';

const HOUR = 3600;
const DAY = 86_400;

/** 22:13:20 UTC, in the five minutes that began 200 s and the hour that began 800 s before. */
const NOW = START;
const THIS_SLOT = NOW - 200;
const THIS_HOUR = NOW - 800;

const fineSlot = (start: number): TimeSlot => ({ start, length: 300 });

/** Totals by hand, and sessions whose records a test has written. */
class StoreByHand extends TotalsByHand {
  readonly sessionsRead: string[] = [];

  constructor(private readonly sessions: readonly SessionHistory[] = []) {
    super();
  }

  async listSessionsOfClient(): Promise<SessionSummary[]> {
    return this.sessions.map(({ session_id, info }) => ({
      session_id,
      ...info,
    }));
  }

  async readSession(sessionId: string): Promise<SessionHistory | null> {
    this.sessionsRead.push(sessionId);
    return (
      this.sessions.find(({ session_id }) => session_id === sessionId) ?? null
    );
  }
}

function ask(
  store: StoreByHand,
  query: EndpointsQuery = {},
  retention: RetentionPolicy = DEFAULT_RETENTION,
) {
  return measureEndpoints(
    store,
    query,
    new Horizon(NOW, retention),
    wholeAddresses,
  );
}

/** Exchanges of one client as its session would hold them: path, seconds from now, status, duration. */
function sessionOf(
  exchanges: readonly [
    route: string,
    seconds: number,
    status: number,
    ms: number,
  ][],
  over: Partial<SessionHistory['info']> = {},
  sessionId = 'one',
): SessionHistory {
  const idOf = (index: number): string => `${sessionId}-${index}`;
  return {
    ...historyOf(
      exchanges.map(([route, seconds], index) =>
        requestRecord({
          request_id: idOf(index),
          route,
          timestamp: at(seconds),
        }),
      ),
      exchanges.map(([, seconds, status_code, duration_ms], index) =>
        responseRecord({
          request_id: idOf(index),
          timestamp: at(seconds),
          status_code,
          duration_ms,
        }),
      ),
      over,
    ),
    session_id: sessionId,
  };
}

describe('the endpoints of a window', () => {
  it('are measured by method and route, busiest first', async () => {
    const store = new StoreByHand()
      .addRoute(
        fineSlot(THIS_SLOT),
        'GET /items/:id',
        totalsOf([10, 20], { clientErrors: 1 }),
      )
      .addRoute(
        fineSlot(THIS_SLOT - 300),
        'GET /items/:id',
        totalsOf([30, 40], { serverErrors: 1, requests: 3 }),
      )
      .addRoute(fineSlot(THIS_SLOT), 'POST unmatched', totalsOf([0.5]));
    const { since, until, endpoints, other, client } = await ask(store);
    expect([since, until]).toEqual([THIS_SLOT - HOUR, THIS_SLOT + 300]);
    expect(endpoints).toMatchObject([
      {
        method: 'GET',
        route: '/items/:id',
        count: 5,
        rate: 0.001316,
        error_count: 2,
        error_rate: 0.4,
        avg: 25,
        max: 40,
      },
      {
        method: 'POST',
        route: 'unmatched',
        count: 1,
        rate: 0.0002632,
        error_count: 0,
        error_rate: 0,
        avg: 0.5,
        max: 0.5,
      },
    ]);
    const [items] = endpoints;
    expect(Math.abs((items?.p50 ?? 0) - 20)).toBeLessThanOrEqual(0.4);
    expect(Math.abs((items?.p95 ?? 0) - 40)).toBeLessThanOrEqual(0.8);
    expect(Math.abs((items?.p99 ?? 0) - 40)).toBeLessThanOrEqual(0.8);
    expect(other).toEqual({ count: 0, error_count: 0 });
    expect(client).toBeUndefined();
  });

  it('tell apart what found no place', async () => {
    const store = new StoreByHand().addRoute(
      fineSlot(THIS_SLOT),
      'other',
      totalsOf([1, 1, 1], { clientErrors: 1, serverErrors: 1 }),
    );
    expect(await ask(store)).toMatchObject({
      endpoints: [],
      other: { count: 3, error_count: 2 },
    });
  });

  it('have a rate over the window that was answered, as far as it has come, however rare they are', async () => {
    const hour: TimeSlot = { start: THIS_HOUR - DAY, length: HOUR };
    const store = new StoreByHand()
      .addRoute(hour, 'GET /rare', totalsOf([1]))
      .addRoute(hour, 'GET /often', totalsOf([1], { requests: 123_456_789 }));
    const { since, until, endpoints } = await ask(store, { window: '30d' });
    expect(until - since).toBe(30 * DAY);
    expect(endpoints.map(({ rate }) => rate)).toEqual([47.68, 3.862e-7]);
  });

  it('are at most as many as asked for', async () => {
    const store = new StoreByHand()
      .addRoute(fineSlot(THIS_SLOT), 'GET /rare', totalsOf([1]))
      .addRoute(fineSlot(THIS_SLOT), 'GET /often', totalsOf([1, 1]));
    const { endpoints } = await ask(store, { limit: 1 });
    expect(endpoints.map(({ route }) => route)).toEqual(['/often']);
  });
});

/** The window answered, and how many slots of each length it took. */
async function plan(query: EndpointsQuery, retention?: RetentionPolicy) {
  const store = new StoreByHand();
  const { since, until } = await ask(store, query, retention);
  const fine = store.read.filter(({ length }) => length === 300).length;
  return { since, until, fine, hours: store.read.length - fine };
}

describe('the window of endpoints', () => {
  it('is widened to whole five minutes up to an hour', async () => {
    expect(await plan({ window: '90s' })).toEqual({
      since: floorTo(NOW - 90, 300),
      until: THIS_SLOT + 300,
      fine: 1,
      hours: 0,
    });
    expect(await plan({ window: '1h' })).toMatchObject({
      fine: 13,
      hours: 0,
    });
  });

  it('is of hours beyond that, with the older edge of five minutes', async () => {
    expect(await plan({ window: '3h' })).toEqual({
      since: floorTo(NOW - 3 * HOUR, 300),
      until: THIS_HOUR + HOUR,
      fine: 10,
      hours: 3,
    });
  });

  it('is of hours as soon as it is longer than one', async () => {
    expect(await plan({ window: '61m' })).toMatchObject({
      until: THIS_HOUR + HOUR,
      hours: 1,
    });
  });

  it('is of whole hours where five minutes are no longer kept', async () => {
    expect(await plan({ window: '7d' })).toEqual({
      since: floorTo(NOW - 7 * DAY, HOUR),
      until: THIS_HOUR + HOUR,
      fine: 0,
      hours: 169,
    });
  });

  it('has an exact end in the past while five minutes are kept there', async () => {
    expect(
      await plan({ since: NOW - 3 * DAY, until: THIS_HOUR - 590 }),
    ).toEqual({
      since: floorTo(NOW - 3 * DAY, HOUR),
      until: THIS_HOUR - 300,
      fine: 11,
      hours: 71,
    });
    expect(
      await plan({ since: NOW - 3 * DAY, until: NOW - 2 * DAY }),
    ).toMatchObject({ until: THIS_HOUR + HOUR - 2 * DAY, fine: 0 });
  });

  it('never begins with a slot that may be gone in part', async () => {
    expect(await plan({ window: '24h' })).toMatchObject({
      since: THIS_SLOT + 300 - DAY,
    });
    expect(await plan({ window: '30d' })).toMatchObject({
      since: THIS_HOUR + HOUR - 30 * DAY,
    });
  });

  it('begins with what is kept where its beginning was left out', async () => {
    expect(await plan({ until: NOW - 30 * DAY + 2400 })).toMatchObject({
      since: THIS_HOUR + HOUR - 30 * DAY,
    });
    expect(await plan({ until: NOW - 1800 })).toMatchObject({
      since: floorTo(NOW - 1800 - HOUR, 300),
    });
  });

  it('is of five minutes alone where these are kept longer', async () => {
    const retention = {
      ...DEFAULT_RETENTION,
      rollups: { minutes: DAY, hours: HOUR },
    };
    expect(await plan({ window: '2h' }, retention)).toMatchObject({
      fine: 25,
      hours: 0,
    });
  });

  it.each<[EndpointsQuery, RegExp]>([
    [{ window: '31d' }, /^window reaches back too far: .* kept for 30d$/],
    [{ since: NOW - 31 * DAY }, /^since reaches back too far: .* 30d$/],
    [{ until: NOW - 31 * DAY }, /^until reaches back too far: .* 30d$/],
    [{ window: '1w' }, /^window must be a number followed by/],
    [{ window: '1h', since: NOW - 1 }, /^window must not stand beside/],
    [{ window: '1h', until: NOW - 1 }, /^window must not stand beside/],
    [{ since: NOW - 1, until: NOW - 2 }, /^since must be before until/],
    [{ since: NOW + 1 }, /^since must be before .* now/],
    [{ user_id: 'a', ip: '192.0.2.1' }, /^ip must not stand beside user_id/],
    [{ ip: 'no-address' }, /^ip must be an IPv4 or IPv6 address$/],
  ])('is refused: %j', async (query, message) => {
    await expect(ask(new StoreByHand(), query)).rejects.toThrow(message);
  });

  it('ends now where its end lies in the future', async () => {
    expect(await plan({ since: NOW - 90, until: NOW + DAY })).toMatchObject({
      until: THIS_SLOT + 300,
    });
  });
});

describe('the endpoints of a client', () => {
  it('are those it called, with its own figures, the worst ratio first', async () => {
    const store = new StoreByHand([
      sessionOf([
        ['/fast', -10, 200, 10],
        ['/slow', -9, 500, 300],
        ['/slow', -8, 200, 100],
        ['/free', -7, 200, 5],
      ]),
    ])
      .addRoute(fineSlot(THIS_SLOT), 'GET /fast', totalsOf([10, 10]))
      .addRoute(fineSlot(THIS_SLOT), 'GET /slow', totalsOf([100, 100, 100]))
      .addRoute(fineSlot(THIS_SLOT), 'GET /free', totalsOf([0, 0]))
      .addRoute(fineSlot(THIS_SLOT), 'GET /never-used', totalsOf([9]));
    const { client, endpoints } = await ask(store, { user_id: '42' });
    expect(client).toEqual({
      user_id: '42',
      sessions: 1,
      sessions_skipped: 0,
      partial: false,
      trimmed: { requests: 0, responses: 0 },
    });
    expect(endpoints.map(({ route }) => route)).toEqual([
      '/slow',
      '/fast',
      '/free',
    ]);
    const [slow, fast, free] = endpoints;
    expect(slow).toMatchObject({
      count: 3,
      rate: 0.0007895,
      max: 100,
      client: {
        count: 2,
        rate: 0.0005263,
        error_count: 1,
        error_rate: 0.5,
        avg: 200,
        p50: 100,
        p95: 300,
        p99: 300,
        max: 300,
      },
    });
    expect(slow?.ratio).toBe(300 / (slow?.p95 ?? 0));
    expect(fast?.ratio).toBe(10 / (fast?.p95 ?? 0));
    expect(free?.ratio).toBeNull();
  });

  it('stand last where everyone’s figure is 0, behind those where only the client’s is', async () => {
    const store = new StoreByHand([
      sessionOf([
        ['/free', -3, 200, 5],
        ['/free', -2, 200, 5],
        ['/at-once', -1, 200, 0],
      ]),
    ])
      .addRoute(fineSlot(THIS_SLOT), 'GET /free', totalsOf([0]))
      .addRoute(fineSlot(THIS_SLOT), 'GET /at-once', totalsOf([9]));
    const { endpoints } = await ask(store, { user_id: '42' });
    expect(endpoints).toMatchObject([
      { route: '/at-once', ratio: 0 },
      { route: '/free', ratio: null },
    ]);
  });

  it('count requests of the window only, by when they arrived', async () => {
    const store = new StoreByHand([
      sessionOf([
        ['/early', THIS_SLOT - HOUR - 0.001 - START, 200, 1],
        ['/first', THIS_SLOT - HOUR - START, 200, 1],
        ['/last', -1, 200, 1],
      ]),
    ]);
    const { endpoints } = await ask(store, { user_id: '42', window: '1h' });
    expect(endpoints.map(({ route }) => route)).toEqual(['/first', '/last']);
    const past = await ask(store, {
      user_id: '42',
      since: THIS_SLOT - HOUR - 300,
      until: THIS_SLOT - HOUR,
    });
    expect(past.endpoints.map(({ route }) => route)).toEqual(['/early']);
  });

  it('are read from sessions with traffic in the window alone', async () => {
    const store = new StoreByHand([
      sessionOf([['/new', -1, 200, 1]], { last_seen_at: at(-1) }, 'new'),
      sessionOf([['/old', -DAY, 200, 1]], { last_seen_at: at(-DAY) }, 'old'),
    ]);
    await ask(store, { user_id: '42', window: '1h' });
    expect(store.sessionsRead).toEqual(['new']);
  });

  it('say what of the records is missing', async () => {
    const store = new StoreByHand([
      sessionOf(
        [['/a', -1, 500, 1]],
        { request_count: 5, response_count: 4, partial: true },
        'one',
      ),
      sessionOf([['/a', -1, 200, 1]], { request_count: 3 }, 'two'),
    ]);
    expect(await ask(store, { ip: '192.0.2.1' })).toMatchObject({
      client: {
        client_ip: '192.0.2.1',
        sessions: 2,
        partial: true,
        trimmed: { requests: 6, responses: 3 },
      },
    });
  });

  it('leave out older sessions once the newer ones had very many requests', async () => {
    const many = Array.from(
      { length: 50_000 },
      (): [string, number, number, number] => ['/a', -1, 200, 1],
    );
    const store = new StoreByHand([
      sessionOf(many, {}, 'new'),
      sessionOf([['/b', -1, 200, 1]], {}, 'old'),
    ]);
    const { client, endpoints } = await ask(store, { user_id: '42' });
    expect(client).toMatchObject({ sessions: 1, sessions_skipped: 1 });
    expect(endpoints).toHaveLength(1);
  });

  it('let other work in while many sessions are read', async () => {
    class SlowStore extends StoreByHand {
      override readSession(sessionId: string): Promise<SessionHistory | null> {
        keepBusy(1);
        return super.readSession(sessionId);
      }
    }
    const ids = Array.from({ length: 20 }, (_, index) => String(index));
    const store = new SlowStore(
      ids.map((id) => sessionOf([['/a', -1, 200, 1]], {}, id)),
    );
    const answer = ask(store, { user_id: '42' });
    await setImmediate();
    await setImmediate();
    expect(store.sessionsRead.length).toBeLessThan(20);
    expect((await answer).client?.sessions).toBe(20);
  });

  it('count a request without its response', async () => {
    const history = sessionOf([['/a', -1, 200, 1]]);
    const store = new StoreByHand([{ ...history, responses: [] }]);
    const { endpoints } = await ask(store, { user_id: '42' });
    expect(endpoints[0]?.client).toEqual({
      count: 1,
      rate: 0.0002632,
      error_count: 0,
      error_rate: 0,
      avg: 0,
      p50: 0,
      p95: 0,
      p99: 0,
      max: 0,
    });
  });

  it.each<EndpointsQuery>([{ user_id: 'nobody' }, { ip: '203.0.113.9' }])(
    'are none where nobody is known: %j',
    async (query) => {
      expect(await ask(new StoreByHand(), query)).toMatchObject({
        client: { sessions: 0 },
        endpoints: [],
      });
    },
  );
});
