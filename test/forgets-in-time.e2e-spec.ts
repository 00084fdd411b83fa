import { describe, expect, it, vi } from 'vitest';
import { ADMIN } from './support/admin-api.js';
import { adminRoutes } from './support/admin-routes.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
  type TrackingOptions,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';
import { wholeRedis } from './support/whole-redis.js';

const redis = redisForTests();

const ADDRESS = '203.0.113.147';
const USERS = ['ann-of-earth', 'ben-of-mars'];

/** What names nobody and stays for a time of its own, in seconds. */
const IMPERSONAL: readonly [key: RegExp, seconds: number][] = [
  [/:session:(?:usage|routes|unique):(?:60|300):/, 3600 + 300],
  [/:session:(?:usage|routes|unique):3600:/, 7200 + 3600],
  [/:session:writer:[\da-f-]{36}$/, 86_400],
  [/:session:erased(?:-salt)?$/, 86_400],
];

/** Signed in and not, with errors, over several addresses; then somebody is erased. */
async function mixedTraffic(app: TestApp): Promise<void> {
  const clients: Record<string, string>[] = [
    {},
    { 'x-forwarded-for': ADDRESS },
    ...USERS.map((id) => ({
      ...asUser({ id }),
      'x-forwarded-for': ADDRESS,
    })),
  ];
  for (const headers of clients) {
    await app.http.get('/cart', headers);
    await app.http.get('/orders/missing', headers);
    await app.http.get('/nowhere', headers);
  }
  await app.http.get('/cart', asUser({ id: 'erased' }));
  await app.settle(13);
  const { status } = await app.http.send(
    'DELETE',
    '/admin/analytics/users/erased',
    { headers: ADMIN },
  );
  expect(status).toBe(200);
}

async function askEverything(app: TestApp): Promise<void> {
  const paths = [
    ...adminRoutes().flatMap(({ method, path }) =>
      method === 'GET' ? [path] : [],
    ),
    ...USERS.map((id) => `users/${id}`),
    `ips/${ADDRESS}`,
    `endpoints?user_id=${USERS[0]}`,
  ];
  for (const path of paths) {
    const { status } = await app.http.get(`/admin/analytics/${path}`, ADMIN);
    expect([200, 404]).toContain(status);
  }
}

/** Every key of the app with the seconds it has left. */
async function lifetimes({ stored }: TestApp): Promise<[string, number][]> {
  return Promise.all(
    (await stored.keys()).map(async (key): Promise<[string, number]> => [
      key,
      (await stored.redis.pttl(key)) / 1000,
    ]),
  );
}

/** Hashes of request ids, which stay for half as long again; each slice of them is of a 64th of the time. */
const REQUEST_INDEX = /:session:request:/;

const mayLive = (key: string, personal: number): number =>
  IMPERSONAL.find(([pattern]) => pattern.test(key))?.[1] ??
  (REQUEST_INDEX.test(key) ? personal * (1.5 + 1 / 64) + 1 : personal);

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = (options: TrackingOptions) =>
    bootTestApp(platform)
      .onRedis(redis)
      .tracking({ rollups: { minutes: 3600, hours: 7200 }, ...options })
      .trustProxy('loopback')
      .controllers(CartController)
      .globalGuard(HeaderUserGuard);

  it.each([
    { sessionTtlSeconds: 200, retentionSeconds: 1000 },
    { sessionTtlSeconds: 1000, retentionSeconds: 200 },
  ])('no key stays longer than it may, with %o', async (options) => {
    const app = await shop(options).start();
    await mixedTraffic(app);
    await askEverything(app);
    const keys = await lifetimes(app);
    expect(keys.length).toBeGreaterThan(25);
    for (const [key, seconds] of keys) {
      expect(seconds, key).toBeGreaterThan(0);
      expect(seconds, key).toBeLessThanOrEqual(mayLive(key, 1000));
    }
  });

  it('nothing of anybody is left once the time is up', async () => {
    const app = await shop({
      sessionTtlSeconds: 2,
      retentionSeconds: 2,
    }).start();
    await app.stored.redis.flushall();
    await mixedTraffic(app);
    await askEverything(app);
    const before = await wholeRedis(app.stored.redis);
    for (const trace of [...USERS, ADDRESS, '127.0.0.1']) {
      expect(before).toContain(trace);
    }
    await vi.waitFor(
      async () => {
        const keys = await app.stored.keys();
        expect(keys.filter((key) => mayLive(key, 0) <= 1)).toEqual([]);
      },
      { timeout: 10_000, interval: 20 },
    );
    const after = await wholeRedis(app.stored.redis);
    for (const trace of [...USERS, ADDRESS, '127.0.0.1']) {
      expect(after).not.toContain(trace);
    }
    expect(after).toContain('GET /cart');
  });
});
