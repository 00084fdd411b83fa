import * as fc from 'fast-check';
import type { Journey, TrackedRecord } from 'nestjs-session-tracking';
import { describe, expect, it, vi } from 'vitest';
import { anyText } from '../libs/session-tracking/testing/any-text.js';
import { HOSTILE_TEXTS } from '../libs/session-tracking/testing/hostile-texts.js';
import { ADMIN } from './support/admin-api.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { HeaderUserGuard } from './support/guards.js';
import { sendRaw } from './support/raw-http.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

const MANY_PATHS = 100_000;
const MANY_ADDRESSES = 100_000;
const REQUESTS_PER_CONNECTION = 500;
const REQUESTS_AT_ONCE = 4000;

/** Ids that make up, or look like, the names of our own keys, or of what every object has. */
const COLLIDING_IDS = [
  'index',
  'expiry',
  'erased',
  'client-slots',
  'x:info',
  'x:requests',
  'sessions:user:1',
  'user:1',
  'ip:127.0.0.1',
  '00000000-0000-4000-8000-000000000000',
  'other',
  'none',
  '__proto__',
  'constructor',
  'toString',
  '{1}',
  '*',
  '%',
];

/** Anything but the bytes that end a line or a request's target. */
const anyTarget = anyText(200).map(
  (text) =>
    `/${Array.from(text, (unit) => String.fromCharCode(unit.charCodeAt(0) % 256)).join('')}`,
);

/** Sends requests one behind the other over a few connections; answers all statuses. */
async function sendMany(
  port: number,
  heads: readonly string[],
): Promise<string[]> {
  const statuses: string[] = [];
  for (let start = 0; start < heads.length; start += REQUESTS_PER_CONNECTION) {
    const part = heads.slice(start, start + REQUESTS_PER_CONNECTION);
    const answers = await sendRaw(
      port,
      part
        .map(
          (head, index) =>
            `${head}\r\nhost: x\r\n${index === part.length - 1 ? 'connection: close\r\n' : ''}\r\n`,
        )
        .join(''),
    );
    statuses.push(...(answers.match(/(?<=HTTP\/1\.1 )\d{3}/g) ?? []));
  }
  return statuses;
}

/** Waits until so many requests have been taken in and stored. */
async function storeAll(app: TestApp, requests: number): Promise<void> {
  await vi.waitFor(
    () => expect(app.tracker.stats().accepted).toBe(requests * 2),
    { timeout: 30_000, interval: 5 },
  );
  await app.tracker.flush();
  expect(app.tracker.stats()).toMatchObject({
    stored: requests * 2,
    dropped: 0,
    callbackErrors: 0,
  });
}

/** Sends no more at a time than the queue holds, however busy the machine is. */
async function sendAndStore(
  app: TestApp,
  heads: readonly string[],
): Promise<string[]> {
  const statuses: string[] = [];
  for (let start = 0; start < heads.length; start += REQUESTS_AT_ONCE) {
    const part = heads.slice(start, start + REQUESTS_AT_ONCE);
    statuses.push(...(await sendMany(app.port, part)));
    await storeAll(app, start + part.length);
  }
  return statuses;
}

/** No line of the log can be taken for two, or paint a terminal. */
function expectCleanLog(log: RecordedLog): void {
  for (const { message } of log.lines) {
    expect(message).toMatch(/^[^\p{Cc}\u2028\u2029]*$/u);
    expect(message.length).toBeLessThan(1000);
  }
}

/** What all objects inherit is what it was. */
function expectCleanPrototypes(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
}

async function fieldsOf(app: TestApp, part: string): Promise<number[]> {
  const keys = await vi.waitFor(async () => {
    const found = (await app.stored.keys()).filter((key) => key.includes(part));
    // Totals may wait for up to a second before they are counted.
    expect(found).not.toEqual([]);
    return found;
  }, 10_000);
  return Promise.all(keys.map((key) => app.stored.redis.hlen(key)));
}

async function expectEveryKeyToExpire({ stored }: TestApp): Promise<void> {
  const pipeline = stored.redis.pipeline();
  for (const key of await stored.keys()) {
    pipeline.ttl(key);
  }
  const answers = (await pipeline.exec()) ?? [];
  // What has gone meanwhile (-2), as totals that waited do when they are counted, needs none any more.
  expect(
    answers.filter(([error, ttl]) => error !== null || ttl === -1),
  ).toEqual([]);
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .tracking({ flush: { maxQueue: 100_000, timeoutMs: 5000 } })
      .controllers(CartController)
      .globalGuard(HeaderUserGuard);

  /** An app whose users are those of a list, by the number in a header. */
  const shopOf = (ids: readonly string[]) =>
    shop().tracking({
      identifyUser: ({ headers }) => ids[Number(headers['x-who'])],
    });

  it('a user id of any kind has a session of its own, and finds it again', async () => {
    const ids = [
      ...new Set([
        ...HOSTILE_TEXTS,
        ...COLLIDING_IDS,
        '\ud83e\udd8a',
        '\u001b[2J',
        '\u009b31m',
      ]),
    ].filter((id) => id !== '');
    const log = new RecordedLog();
    const app = await shopOf(ids).logTo(log).start();
    for (const [index] of ids.entries()) {
      const { status } = await app.http.get('/cart', {
        'x-who': String(index),
        'x-request-id': `of-${index}`,
      });
      expect(status).toBe(200);
    }
    await storeAll(app, ids.length);
    for (const [index, userId] of ids.entries()) {
      const id = await app.tracker.getSessionId({ userId });
      const { requests, responses } = await app.stored.read(id ?? '');
      expect(requests.map(({ request_id }) => request_id)).toEqual([
        `of-${index}`,
      ]);
      expect(responses.map(({ request_id }) => request_id)).toEqual([
        `of-${index}`,
      ]);
    }
    // Erasing one takes nothing from another.
    const erased = COLLIDING_IDS.slice(0, 9);
    for (const userId of erased) {
      const { status } = await app.http.send(
        'DELETE',
        `/admin/analytics/users/${encodeURIComponent(userId)}`,
        { headers: ADMIN },
      );
      expect(status).toBe(200);
    }
    for (const userId of ids) {
      const id = await app.tracker.getSessionId({ userId });
      expect(id === null).toBe(erased.includes(userId));
    }
    await expectEveryKeyToExpire(app);
    expectCleanLog(log);
    expectCleanPrototypes();
  });

  it('any text as a user id never leads to the session of another', async () => {
    const app = await shopOf([]).start();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(
          anyText(150).filter((id) => id !== ''),
          { minLength: 2, maxLength: 8 },
        ),
        async (ids) => {
          const sessions = await Promise.all(
            ids.map((userId) =>
              app.tracker.recordRequest(
                { userId, ip: '192.0.2.1' },
                { path: '/', method: 'GET' },
              ),
            ),
          );
          expect(new Set(sessions).size).toBe(ids.length);
          expect(
            await Promise.all(
              ids.map((userId) => app.tracker.getSessionId({ userId })),
            ),
          ).toEqual(sessions);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('a path of any kind is answered and recorded, or refused by the server itself', async () => {
    const log = new RecordedLog();
    const app = await shop().logTo(log).start();
    const targets = [
      ...HOSTILE_TEXTS.filter(
        (text) => text.startsWith('/') && text.length < 10_000,
      ),
      '/?__proto__[polluted]=1&constructor[prototype][polluted]=1',
      '/\u0080\u009b31m\u00ff',
    ].map((target) => Buffer.from(target).toString('latin1'));
    let taken = 0;
    const send = async (target: string): Promise<void> => {
      const answer = await sendRaw(
        app.port,
        `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /);
      taken += /^x-request-id: /im.test(answer) ? 1 : 0;
    };
    for (const target of targets) {
      await send(target);
    }
    await fc.assert(fc.asyncProperty(anyTarget, send), { numRuns: 100 });
    const tooLong = await sendRaw(
      app.port,
      `GET /${'a'.repeat(1_000_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    ).catch(() => 'HTTP/1.1 431 cut off');
    expect(tooLong).toContain('HTTP/1.1 431');
    expect(taken).toBeGreaterThan(targets.length / 2);
    await storeAll(app, taken);
    const exchanges = await app.stored.exchanges();
    expect(exchanges).toHaveLength(taken);
    for (const { request } of exchanges) {
      expect(Buffer.byteLength(request.path)).toBeLessThanOrEqual(2048);
    }
    expectCleanLog(log);
    expectCleanPrototypes();
  });

  it('a flood of headers is answered, and costs nothing in Redis', async () => {
    const app = await shop().start();
    const flood = Array.from(
      { length: 1500 },
      (_, index) => `h${index}: 1`,
    ).join('\r\n');
    const [statuses, refused] = await Promise.all([
      sendMany(app.port, [
        `GET /cart HTTP/1.1\r\n${flood.slice(0, flood.indexOf('\r\nh900:'))}`,
        `GET /cart HTTP/1.1\r\n${'x-request-id: a\r\n'.repeat(500)}x: y`,
      ]),
      sendRaw(app.port, `GET /cart HTTP/1.1\r\n${flood.repeat(3)}\r\n\r\n`),
    ]);
    expect(statuses).toEqual(['200', '200']);
    expect(refused).toContain('HTTP/1.1 431');
    await storeAll(app, 2);
    const { requests } = await app.stored.only();
    expect(JSON.stringify(requests).length).toBeLessThan(1000);
  });

  it.each([
    ['__proto__'],
    ['<script>alert(1)</script>'],
    ['x'.repeat(3000)],
    ['203.0.113.9:80'],
    ['203.0.113.9%00'],
    ['\u009b31m'],
    [','.repeat(2000)],
  ])('a forged address, %s, is the address of the socket', async (forged) => {
    const app = await shop()
      .trustProxy(() => true)
      .start();
    const [status] = await sendMany(app.port, [
      `GET /cart HTTP/1.1\r\nx-forwarded-for: ${forged}`,
    ]);
    expect(status).toBe('200');
    await storeAll(app, 1);
    const { info } = await app.stored.only();
    expect(info['client_ip']).toBe('127.0.0.1');
  });

  it('one request id a thousand times: each is joined with its own response', async () => {
    const app = await shop().start();
    const paths = Array.from({ length: 1000 }, (_, index) =>
      index % 3 === 0 ? '/orders/missing' : `/orders/${index}`,
    );
    await sendMany(
      app.port,
      paths.map((path) => `GET ${path} HTTP/1.1\r\nx-request-id: again`),
    );
    await storeAll(app, 1000);
    const { id } = await app.stored.only();
    const { text } = await app.http.get(
      `/admin/analytics/sessions/${id}/journey`,
      ADMIN,
    );
    const { entries } = JSON.parse(text) as Journey;
    expect(entries).toHaveLength(1000);
    expect(new Set(entries.map(({ path }) => path)).size).toBe(
      new Set(paths).size,
    );
    for (const { path, status_code } of entries) {
      expect(status_code).toBe(path === '/orders/missing' ? 404 : 200);
    }
  });

  it('many paths that do not exist are one route, and make no keys', async () => {
    const app = await shop().start();
    const statuses = await sendAndStore(
      app,
      Array.from(
        { length: MANY_PATHS },
        (_, index) => `GET /${index}/x${index} HTTP/1.1`,
      ),
    );
    expect(statuses).toHaveLength(MANY_PATHS);
    expect(new Set(statuses)).toEqual(new Set(['404']));
    const { info, requests } = await app.stored.only();
    expect(info['request_count']).toBe(String(MANY_PATHS));
    expect(requests).toHaveLength(1000);
    expect(new Set(requests.map(({ route }) => route))).toEqual(
      new Set(['unmatched']),
    );
    expect((await app.stored.keys()).length).toBeLessThan(100);
    for (const part of [':routes:', ':usage:', ':clients:']) {
      expect(Math.max(...(await fieldsOf(app, part)))).toBeLessThan(400);
    }
    expect(app.tracker.stats().cappedRoutes).toBe(0);
    await expectEveryKeyToExpire(app);
  }, 120_000);

  it('many forged addresses find a thousand places, and the rest is counted', async () => {
    const app = await shop()
      .trustProxy(() => true)
      .start();
    await sendAndStore(
      app,
      Array.from(
        { length: MANY_ADDRESSES },
        (_, index) =>
          `GET /cart HTTP/1.1\r\nx-forwarded-for: 10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      ),
    );
    const slots = (await app.stored.keys()).filter((key) =>
      key.includes(':clients:'),
    );
    let counted = 0;
    for (const slot of slots) {
      const { written_at: writtenAt, ...clients } =
        await app.stored.redis.hgetall(slot);
      expect(writtenAt).toMatch(/^\d+\.\d+$/);
      const totals = Object.values(clients);
      expect(totals.length).toBeLessThanOrEqual(1001);
      counted += totals.reduce((sum, total) => sum + parseInt(total, 10), 0);
    }
    expect(counted).toBe(MANY_ADDRESSES);
    expect(app.tracker.stats().cappedClients).toBeGreaterThan(0);
    // A session is an info, two lists, an open one and a list of its address.
    expect((await app.stored.keys()).length).toBeLessThan(
      MANY_ADDRESSES * 5 + 200,
    );
    await expectEveryKeyToExpire(app);
  }, 120_000);

  it('more routes than there are places for are counted as other', async () => {
    const app = await shop().start();
    const timestamp = Date.now() / 1000;
    const told: TrackedRecord[] = [];
    app.tracker.records$.subscribe((record) => told.push(record));
    await Promise.all(
      Array.from({ length: 700 }, (_, index) =>
        app.tracker.recordRequest(
          { ip: '192.0.2.1' },
          { path: '/', method: 'GET', route: `/__proto__/${index}`, timestamp },
        ),
      ),
    );
    expect(told).toHaveLength(700);
    await vi.waitFor(() => {
      expect(app.tracker.stats().cappedRoutes).toBe(200);
    }, 10_000);
    expect(Math.max(...(await fieldsOf(app, ':routes:')))).toBeLessThan(3000);
    const { text, status } = await app.http.get(
      '/admin/analytics/endpoints?limit=1000',
      ADMIN,
    );
    expect(status).toBe(200);
    expect(text).toContain('/__proto__/1');
  });

  it('an admin with any id leaves one clean line in the log', async () => {
    const log = new RecordedLog();
    let id: unknown;
    const app = await shop()
      .tracking({
        admin: {
          guards: [
            {
              canActivate(context) {
                context.switchToHttp().getRequest().user = {
                  id,
                  roles: ['admin'],
                };
                return true;
              },
            },
          ],
        },
      })
      .logTo(log)
      .start();
    const ids: unknown[] = [
      ...HOSTILE_TEXTS,
      '\u009b31m',
      '\u007f',
      '\u2028forged',
      10n,
      7,
      { toString: () => 'forged' },
      undefined,
    ];
    for (id of ids) {
      const { status } = await app.http.get(
        '/admin/analytics/users/%0aforged%1b',
      );
      expect(status).toBe(404);
    }
    expect(log.of('SessionTrackingAudit')).toHaveLength(ids.length);
    expectCleanLog(log);
  });
});
