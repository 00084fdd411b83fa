import { inspect } from 'node:util';
import { RedisModule } from '@liaoliaots/nestjs-redis';
import { Controller, Get, NotFoundException, Param } from '@nestjs/common';
import { Cluster, Redis } from 'ioredis';
import {
  RedisConnectionError,
  SessionAnalytics,
  SessionTrackingModule,
} from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootTestApp, type TestApp } from './support/boot-test-app.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';
import { StoredSessions } from './support/stored-sessions.js';

const redis = redisForTests();

const UUID =
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const DAY_SECONDS = 86_400;

@Controller('orders')
class OrdersController {
  @Get(':id')
  find(@Param('id') id: string): string {
    if (id === 'missing') {
      throw new NotFoundException();
    }
    return id;
  }
}

const shop = () =>
  bootTestApp('express')
    .onRedis(redis)
    .controllers(OrdersController)
    .globalGuard(HeaderUserGuard);

/** Keys of an app with their remaining seconds. */
async function ttls(
  app: TestApp,
  ...keys: string[]
): Promise<Record<string, number>> {
  const entries = await Promise.all(
    keys.map(async (key): Promise<[string, number]> => [
      key,
      await app.stored.redis.ttl(app.stored.key(key)),
    ]),
  );
  return Object.fromEntries(entries);
}

/** A TTL that was set to so many seconds a moment ago. */
const justSetTo = (seconds: number) =>
  expect.toSatisfy(
    (ttl: number) => ttl <= seconds && ttl >= seconds - 5,
    `about ${seconds} seconds`,
  );

describe('in Redis', () => {
  it('a session has exactly the documented keys and types', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.http.get('/orders/1');
    await app.settle(2);
    const { redis: reader } = app.stored;
    const userSession = await reader.get(app.stored.key('user:42'));
    const ipSession = await reader.get(app.stored.key('ip:127.0.0.1'));
    expect(userSession).toMatch(UUID);
    expect(ipSession).toMatch(UUID);
    expect(userSession).not.toBe(ipSession);
    for (const id of [userSession, ipSession]) {
      expect(await reader.type(app.stored.key(`${id}:info`))).toBe('hash');
      expect(await reader.type(app.stored.key(`${id}:requests`))).toBe('list');
      expect(await reader.type(app.stored.key(`${id}:responses`))).toBe('list');
    }
    const foreign = (await reader.keys('*')).filter(
      (key) =>
        key.startsWith(app.stored.prefix) &&
        !key.startsWith(app.stored.key('')),
    );
    expect(foreign).toEqual([]);
  });

  it('the info hash holds the documented fields', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.http.get('/orders/missing', asUser({ id: '42' }));
    await app.settle(2);
    const { info, requests, responses } = await app.stored.only();
    expect(info).toMatchObject({
      client_ip: '127.0.0.1',
      user_id: '42',
      created_at: String(requests[0]?.timestamp),
      last_seen_at: String(responses[1]?.timestamp),
      request_count: '2',
      response_count: '2',
      error_count: '1',
    });
    expect(info).not.toHaveProperty('previous_session_id');
  });

  it('user_id is empty, not missing, for an anonymous client', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1');
    await app.settle(1);
    expect((await app.stored.only()).info['user_id']).toBe('');
  });

  it('records are the documented JSON', async () => {
    const app = await shop().start();
    await app.http.get('/orders/7?page=2', { 'x-request-id': 'r-1' });
    await app.settle(1);
    const { id } = await app.stored.only();
    const [request] = await app.stored.redis.lrange(
      app.stored.key(`${id}:requests`),
      0,
      -1,
    );
    const [response] = await app.stored.redis.lrange(
      app.stored.key(`${id}:responses`),
      0,
      -1,
    );
    expect(request).toMatch(
      /^\{"timestamp":\d{10}(\.\d{1,3})?,"path":"\/orders\/7","method":"GET","request_id":"r-1","query":"page=\[redacted\]","route":"\/orders\/:id"\}$/,
    );
    expect(response).toMatch(
      /^\{"timestamp":\d{10}(\.\d{1,3})?,"request_id":"r-1","status_code":200,"duration_ms":\d+(\.\d{1,2})?,"handler":"OrdersController\.find","handler_ms":\d+(\.\d{1,2})?\}$/,
    );
  });

  it('records stand in the order in which they happened', async () => {
    const app = await shop().start();
    for (let i = 0; i < 130; i++) {
      await app.http.get(`/orders/${i}`);
    }
    await app.settle(130);
    const { requests, responses } = await app.stored.only();
    expect(requests.map(({ path }) => path)).toEqual(
      Array.from({ length: 130 }, (_, i) => `/orders/${i}`),
    );
    expect(responses.map(({ request_id }) => request_id)).toEqual(
      requests.map(({ request_id }) => request_id),
    );
  });

  it('a reader who knows only the first description computes the same document', async () => {
    const app = await shop().start();
    for (const order of ['1', 'missing', '2', '3']) {
      await app.http.get(`/orders/${order}`, asUser({ id: '42' }));
    }
    await app.settle(4);
    const id = (await app.stored.redis.get(app.stored.key('user:42'))) ?? '';
    const { info, requests, responses } = await app.stored.read(id);
    const times = responses.map(({ duration_ms }) => duration_ms);
    const errors = responses.filter(({ status_code }) => status_code >= 400);

    const document = await app.app.get(SessionAnalytics).getSession(id);
    expect(document).toMatchObject({
      session_id: id,
      user_id: info['user_id'],
      client_ip: info['client_ip'],
      created_at: Number(info['created_at']),
      analytics: {
        request_count: requests.length,
        error_count: errors.length,
        error_rate: errors.length / requests.length,
      },
    });
    expect(document?.analytics.avg_response_time).toBeCloseTo(
      times.reduce((sum, time) => sum + time, 0) / times.length,
      6,
    );
  });
});

describe('every key expires', () => {
  it('after two hours when nothing is said', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.settle(1);
    const { id } = await app.stored.only();
    expect(
      await ttls(
        app,
        `${id}:info`,
        `${id}:requests`,
        `${id}:responses`,
        'user:42',
      ),
    ).toEqual({
      [`${id}:info`]: justSetTo(7200),
      [`${id}:requests`]: justSetTo(7200),
      [`${id}:responses`]: justSetTo(7200),
      'user:42': justSetTo(7200),
    });
  });

  it('those that are the package’s own, too', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.http.get('/orders/1');
    await app.settle(2);
    const keys = await app.stored.keys();
    const remaining = await Promise.all(
      keys.map((key) => app.stored.redis.ttl(key)),
    );
    expect(keys.filter((_, i) => (remaining[i] ?? 0) <= 0)).toEqual([]);
  });

  it('later where retentionSeconds says so, but the session ends as before', async () => {
    const app = await shop()
      .tracking({ sessionTtlSeconds: 600, retentionSeconds: 50_000 })
      .start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.settle(1);
    const { id } = await app.stored.only();
    const remaining = await ttls(
      app,
      'user:42',
      `${id}:info`,
      `${id}:requests`,
      `${id}:responses`,
    );
    expect(remaining['user:42']).toEqual(justSetTo(600));
    for (const list of ['info', 'requests', 'responses']) {
      expect(remaining[`${id}:${list}`]).toBeGreaterThan(49_000);
    }
  });

  it('anew with each request of a busy client', async () => {
    const app = await shop().tracking({ sessionTtlSeconds: 50 }).start();
    await app.http.get('/orders/1');
    await app.settle(1);
    const { id } = await app.stored.only();
    const keys = [
      'ip:127.0.0.1',
      `${id}:info`,
      `${id}:requests`,
      `${id}:responses`,
    ];
    // As if forty seconds had passed.
    for (const key of keys) {
      await app.stored.redis.expire(app.stored.key(key), 10);
    }
    await app.http.get('/orders/2');
    await app.settle(2);
    expect(await ttls(app, ...keys)).toEqual(
      Object.fromEntries(keys.map((key) => [key, justSetTo(50)])),
    );
    expect((await app.stored.only()).id).toBe(id);
  });

  it('and then the client begins a new session', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1');
    await app.settle(1);
    const { id } = await app.stored.only();
    // As if two idle hours had passed for the open session, with data retained.
    await app.stored.redis.del(app.stored.key('ip:127.0.0.1'));
    await app.http.get('/orders/2');
    await app.settle(2);
    const sessions = await app.stored.all();
    expect(sessions).toHaveLength(2);
    expect(await app.stored.redis.get(app.stored.key('ip:127.0.0.1'))).not.toBe(
      id,
    );
  });
});

describe('a session that grows', () => {
  it('keeps its newest records and exact counters', async () => {
    const app = await shop().tracking({ maxRecordsPerSession: 5 }).start();
    for (let i = 0; i < 12; i++) {
      await app.http.get(i % 3 === 0 ? '/orders/missing' : `/orders/${i}`);
      if (i === 7) {
        await app.settle(8);
      }
    }
    await app.settle(12);
    const { id, info, requests, responses } = await app.stored.only();
    expect(requests.map(({ path }) => path)).toEqual([
      '/orders/7',
      '/orders/8',
      '/orders/missing',
      '/orders/10',
      '/orders/11',
    ]);
    expect(responses.map(({ status_code }) => status_code)).toEqual([
      200, 200, 404, 200, 200,
    ]);
    expect(info).toMatchObject({
      request_count: '12',
      response_count: '12',
      error_count: '4',
    });
    const document = await app.app.get(SessionAnalytics).getSession(id);
    expect(document?.analytics).toMatchObject({
      request_count: 12,
      response_count: 12,
      error_count: 4,
      error_rate: 4 / 12,
      by_status: { 200: 4, 404: 1 },
      trimmed: { requests: 7, responses: 7 },
    });
  });

  it('too old ends although it is busy, and the next names it', async () => {
    const app = await shop().tracking({ retentionSeconds: 4000 }).start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.settle(1);
    const old = await app.stored.only();
    await app.stored.redis.hset(
      app.stored.key(`${old.id}:info`),
      'created_at',
      String(Number(old.info['created_at']) - DAY_SECONDS - 1),
    );
    await app.http.get('/orders/2', asUser({ id: '42' }));
    await app.http.get('/orders/3', asUser({ id: '42' }));
    await app.settle(3);

    const id = (await app.stored.redis.get(app.stored.key('user:42'))) ?? '';
    expect(id).toMatch(UUID);
    expect(id).not.toBe(old.id);
    const session = await app.stored.read(id);
    expect(session.info).toMatchObject({
      previous_session_id: old.id,
      user_id: '42',
      request_count: '2',
    });
    expect(session.requests.map(({ path }) => path)).toEqual([
      '/orders/2',
      '/orders/3',
    ]);
    const ended = await app.stored.read(old.id);
    expect(ended.requests).toEqual(old.requests);
    expect(ended.info['request_count']).toBe('1');
    expect(await ttls(app, `${old.id}:info`, `${old.id}:requests`)).toEqual({
      [`${old.id}:info`]: justSetTo(4000),
      [`${old.id}:requests`]: justSetTo(4000),
    });
    const document = await app.app.get(SessionAnalytics).getSession(id);
    expect(document?.previous_session_id).toBe(old.id);
  });

  it('just not too old goes on', async () => {
    const app = await shop().tracking({ maxSessionSeconds: 1000 }).start();
    await app.http.get('/orders/1');
    await app.settle(1);
    const { id, info } = await app.stored.only();
    await app.stored.redis.hset(
      app.stored.key(`${id}:info`),
      'created_at',
      String(Number(info['created_at']) - 900),
    );
    await app.http.get('/orders/2');
    await app.settle(2);
    expect((await app.stored.only()).requests).toHaveLength(2);
  });
});

describe('the key prefix', () => {
  it('is app when nothing is said', async () => {
    const app = await shop()
      .trackingBy(() =>
        SessionTrackingModule.forRoot({ redis: { url: redis.url } }),
      )
      .start();
    await app.http.get('/orders/1');
    await app.settle(1);
    const stored = new StoredSessions(redis.url, 'app');
    onTestFinished(() => stored.close());
    expect((await stored.onlyExchange()).request.path).toBe('/orders/1');
    expect(await app.stored.keys()).toEqual([]);
  });

  it('keeps apps apart that share a Redis', async () => {
    const one = await shop().tracking({ keyPrefix: 'shop-1' }).start();
    const other = await shop().tracking({ keyPrefix: 'shop-1_b.c' }).start();
    await one.http.get('/orders/1');
    await other.http.get('/orders/2');
    await one.settle(1);
    await other.settle(1);
    expect((await one.stored.onlyExchange()).request.path).toBe('/orders/1');
    expect((await other.stored.onlyExchange()).request.path).toBe('/orders/2');
  });
});

describe('Redis may be given', () => {
  it('as a URL with a database', async () => {
    const app = await bootTestApp('express')
      .onRedis({ url: `${redis.url}/3` })
      .controllers(OrdersController)
      .start();
    await app.http.get('/orders/1');
    await app.settle(1);
    expect((await app.stored.onlyExchange()).request.path).toBe('/orders/1');
    const elsewhere = new StoredSessions(redis.url, app.stored.prefix);
    onTestFinished(() => elsewhere.close());
    expect(await elsewhere.keys()).toEqual([]);
  });

  it('as a client of the host, whose own settings do not matter', async () => {
    const client = new Redis(redis.url, {
      keyPrefix: 'host:',
      commandTimeout: 5000,
      maxRetriesPerRequest: 0,
      enableAutoPipelining: true,
    });
    onTestFinished(() => client.disconnect());
    const app = await shop().tracking({ redis: { client } }).start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.settle(1);
    const { id } = await app.stored.only();
    expect(await app.tracker.getSessionId({ userId: '42' })).toBe(id);
    expect(await app.stored.redis.keys('host:*')).toEqual([]);

    await app.stop();
    expect(client.status).toBe('ready');
    expect(await client.ping()).toBe('PONG');
  });

  it('as a client that the host closes too early', async () => {
    const client = new Redis(redis.url);
    const app = await shop().tracking({ redis: { client } }).start();
    await app.http.get('/orders/1');
    await client.quit();
    await app.http.get('/orders/2');
    await app.settle(2);
    expect((await app.stored.only()).requests).toHaveLength(2);
    expect(app.tracker.stats()).toMatchObject({ dropped: 0, stored: 4 });
  });

  it.each([
    ['a name', 'tracking'],
    ['a symbol', Symbol('tracking')],
  ])('as the namespace of RedisModule, %s', async (_case, namespace) => {
    const app = await shop()
      .tracking({ redis: { namespace } })
      .imports(
        RedisModule.forRoot({
          config: [
            { namespace: 'other', url: redis.url, db: 5 },
            { namespace, url: redis.url, keyPrefix: 'host:' },
          ],
        }),
      )
      .start();
    await app.http.get('/orders/1');
    await app.settle(1);
    expect((await app.stored.onlyExchange()).request.path).toBe('/orders/1');
  });

  it.each([
    [
      'a namespace that RedisModule does not have',
      [() => RedisModule.forRoot({ config: { url: redis.url } })],
    ],
    ['a namespace without RedisModule', []],
  ])('but not as %s', async (_case, imports) => {
    const starting = shop()
      .tracking({ redis: { namespace: 'traking' } })
      .imports(...imports.map((make) => make()))
      .start();
    await expect(starting).rejects.toThrow(RedisConnectionError);
    await expect(starting).rejects.toThrow(
      /redis\.namespace is traking.*import RedisModule\.forRoot\(\)/,
    );
  });

  it('but not as a URL for a namespace, of which the password is not said', async () => {
    const starting = shop()
      .tracking({ redis: { namespace: 'redis://default:hunter2@localhost' } })
      .imports(RedisModule.forRoot({ config: { url: redis.url } }))
      .start();
    const error: unknown = await starting.catch((thrown: unknown) => thrown);
    const printed = inspect(error, { depth: Infinity, showHidden: true });
    expect(printed).toContain('redis.namespace is redis://***@localhost, but');
    expect(printed).not.toContain('hunter2');
  });

  it('but not as a cluster client', async () => {
    const cluster = new Cluster([{ host: '127.0.0.1', port: redis.port }], {
      lazyConnect: true,
    });
    onTestFinished(() => cluster.disconnect());
    const starting = shop()
      .tracking({ redis: { client: cluster as unknown as Redis } })
      .start();
    await expect(starting).rejects.toThrow(RedisConnectionError);
    await expect(starting).rejects.toThrow(/Cluster/);
  });
});
