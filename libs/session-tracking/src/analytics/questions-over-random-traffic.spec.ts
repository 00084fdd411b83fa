import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeAddresses } from '../model/clients/address-anonymizer.js';
import {
  START,
  TestWriter,
  user,
  visitor,
} from '../../testing/record-builders.js';
import {
  type RedisServer,
  startRedisServer,
} from '../../testing/redis-server.js';
import { DEFAULT_RETENTION } from '../../testing/totals-by-hand.js';
import type { Client } from '../model/clients/client-identity.js';
import type { Exchange } from '../model/records/exchange.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import { RedisConnections } from '../store/redis/connection/redis-connections.js';
import { RedisSessionStore } from '../store/redis/redis-session-store.js';
import type { SessionStore, SessionSummary } from '../store/session-store.js';
import type { EndpointFigures } from './endpoint-figures.js';
import { SessionAnalytics } from './session-analytics.js';
import type { UsageFigures } from './usage.js';

const HOUR = 3600;

const CLIENTS = [
  user('ann'),
  user('bob:x'),
  user('cyd', '192.0.2.7'),
  visitor('192.0.2.1'),
  visitor('2001:db8::1'),
];

/** Whom sampling leaves out: of this one only errors are stored. */
const LEFT_OUT = CLIENTS[2];

const ROUTES = ['/a', '/a/:id', '/b', undefined];

/** One request as a test's own log has it. */
interface Logged {
  client: Client;
  method: string;
  route: string | undefined;
  /** Seconds. */
  time: number;
  status: number;
  ms: number;
  has: 'both' | 'request' | 'response';
}

const logged: fc.Arbitrary<Logged> = fc
  .record({
    client: fc.constantFrom(...CLIENTS),
    method: fc.constantFrom('GET', 'POST'),
    route: fc.constantFrom(...ROUTES),
    time: fc
      .integer({ min: 0, max: 2 * HOUR * 1000 })
      .map((before) => (START * 1000 - before) / 1000),
    status: fc.constantFrom(200, 201, 304, 404, 429, 499, 500, 503),
    ms: fc
      .integer({ min: 0, max: 500_000 })
      .map((hundredths) => hundredths / 100),
    has: fc.constantFrom('both', 'both', 'both', 'both', 'request', 'response'),
  })
  // When the request of a response alone must have arrived follows from its end, to the last digit.
  .map((each) =>
    each.has === 'response'
      ? { ...each, time: each.time + each.ms / 1000 - each.ms / 1000 }
      : each,
  );

function toExchange(each: Logged, index: number): Exchange {
  const request_id = `request-${index}`;
  const { method, route, time, status } = each;
  const request = {
    timestamp: time,
    path: '/somewhere',
    method,
    request_id,
    ...(route === undefined ? {} : { route }),
  };
  const response = {
    timestamp: time + each.ms / 1000,
    request_id,
    status_code: status,
    duration_ms: each.ms,
  };
  return {
    client: each.client,
    ...(each.has === 'response' ? {} : { request }),
    ...(each.has === 'request' ? {} : { response }),
    ...(each.client === LEFT_OUT
      ? { sampling: isStored(each) ? 'kept' : 'left_out' }
      : {}),
  };
}

/** Whether a request is stored itself, not in the totals alone. */
function isStored(each: Logged): boolean {
  return (
    each.client !== LEFT_OUT || (each.has !== 'request' && each.status >= 400)
  );
}

const within = (since: number, until: number) => (each: Logged) =>
  each.time >= since && each.time < until;

const ownerOf = ({ userId, ip }: Client): string =>
  userId === '' ? `address ${ip}` : `user ${userId}`;

function nearestRank(values: readonly number[], percent: number): number {
  const needed = (percent * values.length) / 100;
  const ascending = values.toSorted((a, b) => a - b);
  return ascending.find((_, index) => index + 1 >= needed) ?? 0;
}

/** Everything that is said of requests anywhere, recomputed from the log. */
function recompute(log: readonly Logged[]) {
  const answered = log.filter(({ has }) => has !== 'request');
  const requests = log.filter(({ has }) => has !== 'response').length;
  const durations = answered.map(({ ms }) => ms);
  const total = durations.reduce((sum, ms) => sum + ms, 0);
  const clientErrors = answered.filter(
    ({ status }) => status >= 400 && status < 500,
  ).length;
  const serverErrors = answered.filter(({ status }) => status >= 500).length;
  const errors = clientErrors + serverErrors;
  return {
    requests,
    responses: answered.length,
    errors,
    clientErrors,
    serverErrors,
    rate: requests === 0 ? 0 : errors / requests,
    total,
    avg: answered.length === 0 ? 0 : total / answered.length,
    p50: nearestRank(durations, 50),
    p95: nearestRank(durations, 95),
    p99: nearestRank(durations, 99),
    max: Math.max(0, ...durations),
  };
}

/** 2 %, and less than the microsecond that a sketch cannot tell from nothing. */
function expectNear(found: number, exact: number): void {
  expect(Math.abs(found - exact)).toBeLessThanOrEqual(exact * 0.02 + 0.001);
}

function expectFigures(
  found: EndpointFigures,
  log: readonly Logged[],
  seconds: number,
  exactly = false,
): void {
  const naive = recompute(log);
  expect(found.count).toBe(naive.requests);
  const rate = naive.requests / seconds;
  expect(Math.abs(found.rate - rate)).toBeLessThanOrEqual(rate * 0.0005);
  expect(found.error_count).toBe(naive.errors);
  expect(found.error_rate).toBeCloseTo(naive.rate, 9);
  expect(found.avg).toBeCloseTo(naive.avg, 6);
  expect(found.max).toBeCloseTo(naive.max, 9);
  for (const percentile of ['p50', 'p95', 'p99'] as const) {
    expectNear(found[percentile], naive[percentile]);
    if (exactly) {
      expect(found[percentile]).toBeCloseTo(naive[percentile], 9);
    }
  }
}

function expectUsage(
  found: UsageFigures,
  log: readonly Logged[],
  sessions: readonly SessionSummary[],
): void {
  const naive = recompute(log);
  const clients = log.map(({ client }) => ownerOf(client));
  expect(found).toMatchObject({
    requests: naive.requests,
    responses: naive.responses,
    errors: naive.errors,
    client_errors: naive.clientErrors,
    server_errors: naive.serverErrors,
    error_rate: expect.closeTo(naive.rate, 9),
    unique_clients: new Set(clients).size,
    new_sessions: sessions.length,
    avg: expect.closeTo(naive.avg, 6),
    max: expect.closeTo(naive.max, 9),
  });
  expectNear(found.p95, naive.p95);
}

function groupBy(
  log: readonly Logged[],
  nameOf: (each: Logged) => string,
): Map<string, Logged[]> {
  const names = new Set(log.map(nameOf));
  return new Map(
    [...names].map((name) => [
      name,
      log.filter((each) => nameOf(each) === name),
    ]),
  );
}

function routesOf(log: readonly Logged[]): Map<string, Logged[]> {
  const withRequest = log.filter(({ has }) => has !== 'response');
  return groupBy(
    withRequest,
    ({ method, route }) => `${method} ${route ?? 'unmatched'}`,
  );
}

const now = (): number => START * 1000;

/** Two instances of an application that store in turns; answers what may then be asked. */
async function storeByTwo(store: SessionStore, log: readonly Logged[]) {
  const writers = [new TestWriter(store), new TestWriter(store)] as const;
  const exchanges = log.map(toExchange);
  for (let from = 0; from < exchanges.length; from += 7) {
    const writer = writers[from % 2 === 0 ? 0 : 1];
    await writer.append(...exchanges.slice(from, from + 7));
  }
  const { sessions } = await store.listSessions({ limit: 200 });
  const analytics = new SessionAnalytics(
    store,
    { ...DEFAULT_RETENTION, sampling: { rate: 1 } },
    wholeAddresses,
    now,
  );
  return { analytics, sessions };
}

let redis: RedisServer;
let connections: RedisConnections;

beforeAll(async () => {
  redis = await startRedisServer();
  connections = new RedisConnections(() => Promise.resolve(redis.url), {
    writer: 5000,
    reader: 5000,
  });
});

afterAll(async () => {
  connections.close();
  await redis.stop();
});

const STORES = [
  {
    name: 'memory',
    numRuns: 100,
    empty: (): SessionStore => new MemorySessionStore(DEFAULT_RETENTION, now),
  },
  {
    name: 'redis',
    numRuns: 20,
    empty: (): SessionStore =>
      new RedisSessionStore(
        connections,
        `random-${randomUUID()}`,
        DEFAULT_RETENTION,
      ),
  },
];

const traffic = fc.array(logged, { maxLength: 60 });
const windows = fc.constantFrom('90s', '10m', '1h', '100m', '2h');

describe.each(STORES)(
  'over random traffic of two instances, in $name',
  ({ numRuns, empty }) => {
    it('endpoints are what the log says', async () => {
      await fc.assert(
        fc.asyncProperty(traffic, windows, async (log, window) => {
          const { analytics } = await storeByTwo(empty(), log);
          const { since, until, endpoints } = await analytics.getEndpoints({
            window,
          });
          const routes = routesOf(log.filter(within(since, until)));
          expect(
            new Set(endpoints.map(({ method, route }) => `${method} ${route}`)),
          ).toEqual(new Set(routes.keys()));
          for (const endpoint of endpoints) {
            const name = `${endpoint.method} ${endpoint.route}`;
            expectFigures(
              endpoint,
              routes.get(name) ?? [],
              Math.min(until, START) - since,
            );
          }
          const counts = endpoints.map(({ count }) => count);
          expect(counts).toEqual(counts.toSorted((a, b) => b - a));
        }),
        { numRuns },
      );
    });

    it('endpoints of a client are what the log says of it', async () => {
      await fc.assert(
        fc.asyncProperty(
          traffic,
          windows,
          fc.constantFrom(...CLIENTS),
          async (log, window, client) => {
            const { analytics } = await storeByTwo(empty(), log);
            const {
              since,
              until,
              endpoints,
              client: described,
            } = await analytics.getEndpoints({
              window,
              ...(client.userId === ''
                ? { ip: client.ip }
                : { user_id: client.userId }),
            });
            const inWindow = log.filter(within(since, until));
            const everyone = routesOf(inWindow);
            // An address is asked about with the users whose sessions began there.
            const own = inWindow.filter(
              (each) =>
                isStored(each) &&
                (client.userId === ''
                  ? each.client.ip === client.ip
                  : each.client === client),
            );
            const ownRoutes = routesOf(own);
            expect(endpoints).toHaveLength(ownRoutes.size);
            for (const endpoint of endpoints) {
              const name = `${endpoint.method} ${endpoint.route}`;
              expectFigures(
                endpoint,
                everyone.get(name) ?? [],
                Math.min(until, START) - since,
              );
              expect(endpoint.client).toBeDefined();
              if (endpoint.client !== undefined) {
                expectFigures(
                  endpoint.client,
                  ownRoutes.get(name) ?? [],
                  Math.min(until, START) - since,
                  true,
                );
              }
              expect(endpoint.ratio).toBe(
                endpoint.p95 === 0
                  ? null
                  : (endpoint.client?.p95 ?? 0) / endpoint.p95,
              );
            }
            const ratios = endpoints.map(({ ratio }) => ratio ?? -1);
            expect(ratios).toEqual(ratios.toSorted((a, b) => b - a));
            expect(described?.partial).toBe(
              client === LEFT_OUT && (described?.sessions ?? 0) > 0,
            );
          },
        ),
        { numRuns },
      );
    });

    it('usage is what the log says, step by step and in all', async () => {
      await fc.assert(
        fc.asyncProperty(
          traffic,
          windows,
          fc.constantFrom('1m', '5m', '7m', '1h'),
          async (log, window, step) => {
            const { analytics, sessions } = await storeByTwo(empty(), log);
            const report = await analytics.getUsage({ window, step });
            const { since, until, totals, series } = report;
            const createdWithin = (
              from: number,
              to: number,
            ): SessionSummary[] =>
              sessions.filter(
                ({ created_at }) => created_at >= from && created_at < to,
              );
            expectUsage(
              totals,
              log.filter(within(since, until)),
              createdWithin(since, until),
            );
            let reached = since;
            for (const { start, ...figures } of series) {
              expect(start).toBe(reached);
              reached += report.step;
              expectUsage(
                figures,
                log.filter(within(start, reached)),
                createdWithin(start, reached),
              );
            }
            expect(reached).toBe(until);
          },
        ),
        { numRuns },
      );
    });

    it('clients are what the log says', async () => {
      await fc.assert(
        fc.asyncProperty(
          traffic,
          windows,
          fc.constantFrom(
            'requests' as const,
            'errors' as const,
            'slowest' as const,
          ),
          async (log, window, sort) => {
            const { analytics } = await storeByTwo(empty(), log);
            const { since, until, clients, other } = await analytics.getClients(
              {
                window,
                sort,
              },
            );
            const byClient = groupBy(
              log.filter(within(since, until)),
              ({ client }) => ownerOf(client),
            );
            expect(clients).toHaveLength(byClient.size);
            for (const { user_id, client_ip, ...figures } of clients) {
              const own = byClient.get(
                ownerOf({ userId: user_id ?? '', ip: client_ip ?? '' }),
              );
              const naive = recompute(own ?? []);
              expect(figures).toEqual({
                requests: naive.requests,
                errors: naive.errors,
                error_rate: expect.closeTo(naive.rate, 9),
                avg_duration_ms: expect.closeTo(naive.avg, 6),
                total_duration_ms: expect.closeTo(naive.total, 6),
              });
            }
            const order = clients.map(
              ({ requests, errors, avg_duration_ms }) =>
                ({ requests, errors, slowest: avg_duration_ms })[sort],
            );
            expect(order).toEqual(order.toSorted((a, b) => b - a));
            expect(other).toEqual({ requests: 0, errors: 0 });
          },
        ),
        { numRuns },
      );
    });
  },
);
