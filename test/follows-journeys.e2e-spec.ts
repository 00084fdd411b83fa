import type { ChainedJourney, Funnel, Journeys } from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import { ADMIN, readAdmin } from './support/admin-api.js';
import {
  bootTestApp,
  freshKeyPrefix,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

/** What clients can do: how it is sent, and which step it is. */
const STEPS = [
  { method: 'GET', path: '/cart', step: 'GET /cart' },
  { method: 'POST', path: '/orders', step: 'POST /orders' },
  { method: 'GET', path: '/orders/1', step: 'GET /orders/:id' },
  { method: 'GET', path: '/orders/missing', step: 'GET /orders/:id' },
] as const;

/** One line of a client's own log. */
interface LogLine {
  readonly step: string;
  readonly status: number;
  readonly sentAt: number;
}

/** Sends a client's requests one after the other and keeps its log. */
async function walk(
  app: TestApp,
  userId: string,
  choices: readonly number[],
): Promise<LogLine[]> {
  const log: LogLine[] = [];
  for (const choice of choices) {
    const { method, path, step } = STEPS[choice % STEPS.length] ?? STEPS[0];
    const sentAt = performance.now();
    const { status } = await app.http.send(method, path, {
      headers: asUser({ id: userId }),
    });
    log.push({ step, status, sentAt });
  }
  return log;
}

/** A sequence that looks random and is the same each time. */
function choicesOf(seed: number, length: number): number[] {
  let state = seed * 7919 + 13;
  return Array.from({ length }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor(state / 65_536);
  });
}

function countAll(names: readonly (string | undefined)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(String(name), (counts.get(String(name)) ?? 0) + 1);
  }
  return counts;
}

const countsOf = <T extends { count: number }>(
  lines: readonly T[],
  nameOf: (line: T) => string,
): Map<string, number> =>
  new Map(lines.map((line) => [nameOf(line), line.count]));

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = (keyPrefix: string) =>
    bootTestApp(platform)
      .onRedis(redis)
      .tracking({ keyPrefix, flush: { intervalMs: 1 } })
      .controllers(CartController)
      .globalGuard(HeaderUserGuard);

  /** Twelve clients on two instances, and what they remember. */
  async function traffic(): Promise<{ app: TestApp; logs: LogLine[][] }> {
    const prefix = freshKeyPrefix();
    const app = await shop(prefix).start();
    const other = await shop(prefix).start();
    const logs = await Promise.all(
      Array.from({ length: 12 }, (_, client) =>
        walk(
          client % 2 === 0 ? app : other,
          `user-${client}`,
          choicesOf(client, 1 + client),
        ),
      ),
    );
    const sentTo = (instance: number): number =>
      logs
        .filter((_, client) => client % 2 === instance)
        .reduce((sum, log) => sum + log.length, 0);
    await app.settle(sentTo(0));
    await other.settle(sentTo(1));
    return { app, logs };
  }

  it('GET /journeys is what the clients remember', async () => {
    const { app, logs } = await traffic();
    const journeys = await readAdmin<Journeys>(app, 'journeys?window=5m');
    expect(journeys).toMatchObject({
      sessions: 12,
      truncated: false,
      sample: { rate: 1, weight: 1 },
    });
    expect(journeys.until - journeys.since).toBeCloseTo(300, 3);
    expect(countsOf(journeys.entries, ({ step }) => step)).toEqual(
      countAll(logs.map(([first]) => first?.step)),
    );
    expect(countsOf(journeys.exits, ({ step }) => step)).toEqual(
      countAll(logs.map((log) => log.at(-1)?.step)),
    );
    expect(
      countsOf(journeys.transitions, ({ from, to }) => `${from} > ${to}`),
    ).toEqual(
      countAll(
        logs.flatMap((log) =>
          log
            .slice(1)
            .map(({ step }, index) => `${log[index]?.step} > ${step}`),
        ),
      ),
    );
    expect(countsOf(journeys.errors_begin, ({ step }) => step)).toEqual(
      countAll(
        logs.flatMap(
          (log) => log.find(({ status }) => status >= 400)?.step ?? [],
        ),
      ),
    );
    expect(journeys.paths.reduce((sum, { count }) => sum + count, 0)).toBe(12);
    const counts = journeys.transitions.map(({ count }) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
  });

  it('GET /funnel is what the clients remember', async () => {
    const { app, logs } = await traffic();
    const steps = ['GET /cart', 'POST /orders', 'GET /orders/:id'];
    const funnel = await readAdmin<Funnel>(
      app,
      `funnel?steps=${encodeURIComponent(steps.join(','))}&window=5m`,
    );
    const reached = logs.map((log) => {
      let from = 0;
      return steps.map((step) => {
        const index = log.findIndex(
          (line, at) => at >= from && line.step === step,
        );
        from = index === -1 ? log.length : index + 1;
        return log[index]?.sentAt;
      });
    });
    const counts = steps.map(
      (_, index) =>
        reached.filter((times) => times[index] !== undefined).length,
    );
    expect(funnel.sessions).toBe(12);
    expect(funnel.steps.map(({ step }) => step)).toEqual(steps);
    expect(funnel.steps.map(({ sessions }) => sessions)).toEqual(counts);
    expect(counts[2]).toBeGreaterThan(0);
    const waits = reached
      .flatMap(([, order, found]) =>
        order === undefined || found === undefined ? [] : [found - order],
      )
      .toSorted((a, b) => a - b);
    expect(funnel.steps[2]?.median_ms).toBeGreaterThanOrEqual(
      Math.floor(waits[0] ?? 0) - 20,
    );
    expect(funnel.steps[2]?.median_ms).toBeLessThanOrEqual(
      (waits.at(-1) ?? 0) + 20,
    );
  });

  it('GET /sessions/:id/journey?follow=1 goes on from the address to the user', async () => {
    const app = await shop(freshKeyPrefix()).start();
    await app.http.get('/cart');
    await app.tracker.flush();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.settle(2);
    const visitor = await app.tracker.getSessionId({ ip: '127.0.0.1' });
    const user = await app.tracker.getSessionId({
      userId: '42',
      ip: '127.0.0.1',
    });
    for (const id of [visitor, user]) {
      const journey = await readAdmin<ChainedJourney>(
        app,
        `sessions/${id}/journey?follow=1`,
      );
      expect(journey).toMatchObject({
        session_id: id,
        sessions: [visitor, user],
        truncated: false,
        entries: [
          { session_id: visitor, path: '/cart', gap_ms: null },
          { session_id: user, path: '/orders/1' },
        ],
      });
    }
    const alone = await readAdmin<object>(
      app,
      `sessions/${user}/journey?follow=0`,
    );
    expect(alone).not.toHaveProperty('sessions');
  });

  it('takes a route with a comma where steps are given one by one', async () => {
    const app = await shop(freshKeyPrefix()).start();
    const { steps } = await readAdmin<Funnel>(
      app,
      'funnel?steps=GET%20/a,b&steps=POST%20/orders',
    );
    expect(steps.map(({ step }) => step)).toEqual(['GET /a,b', 'POST /orders']);
  });

  it.each([
    ['journeys?window=soon', 'window'],
    ['journeys?window=1h&since=0', 'window'],
    ['journeys?steps=GET%20/a', 'steps'],
    ['funnel', 'steps'],
    ['funnel?steps=', 'steps'],
    ['funnel?steps=GET%20/a', 'steps'],
    ['funnel?steps=GET%20/a,', 'steps'],
    ['funnel?steps=GET%20/a,get%20/b', 'steps'],
    ['funnel?steps=GET%20/a,/b', 'steps'],
    ['funnel?steps[a]=GET%20/a', 'steps'],
    [`funnel?steps=${'GET%20/a,'.repeat(10)}GET%20/a`, 'steps'],
    ['funnel?steps=GET%20/a,GET%20/b&window=0h', 'window'],
    ['sessions/x/journey?follow=maybe', 'follow'],
  ])('refuses %s', async (query, field) => {
    const app = await shop(freshKeyPrefix()).start();
    const { status, text } = await app.http.get(
      `/admin/analytics/${query}`,
      ADMIN,
    );
    expect(status).toBe(400);
    const { message } = JSON.parse(text) as { message: string[] };
    expect(message.join('\n')).toContain(field);
  });
});
