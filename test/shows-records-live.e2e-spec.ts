import type { TrackedRecord } from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startRedisServer } from '../libs/session-tracking/testing/redis-server.js';
import { ADMIN } from './support/admin-api.js';
import {
  bootTestApp,
  freshKeyPrefix,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { type EventReader, openEvents } from './support/event-reader.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

/** Opens the stream of an app and leaves it after the test. */
async function listen(app: TestApp, query = ''): Promise<EventReader> {
  const reader = await openEvents(
    `${app.url}/admin/analytics/live${query}`,
    ADMIN,
  );
  onTestFinished(() => reader.leave());
  expect(reader.status).toBe(200);
  return reader;
}

/** Waits until nothing listens to a channel of the app any more. */
async function expectUnsubscribed(app: TestApp): Promise<void> {
  await vi.waitFor(async () => {
    const channels = await app.stored.redis.pubsub('CHANNELS', '*');
    expect(
      channels.filter((channel) =>
        String(channel).startsWith(app.stored.prefix),
      ),
    ).toEqual([]);
  });
}

const recordsOf = (reader: EventReader): TrackedRecord[] =>
  reader.events.map(({ data }): TrackedRecord => JSON.parse(data));

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = (keyPrefix = freshKeyPrefix()) =>
    bootTestApp(platform)
      .onRedis(redis)
      .tracking({ keyPrefix, flush: { intervalMs: 1 } })
      .controllers(CartController)
      .globalGuard(HeaderUserGuard);

  it('shows what any instance stores, as it is stored', async () => {
    const prefix = freshKeyPrefix();
    const app = await shop(prefix).start();
    const other = await shop(prefix).start();
    const reader = await listen(app);
    expect(reader.headers['content-type']).toContain('text/event-stream');
    expect(reader.headers['cache-control']).toBe('no-store, no-transform');
    await other.http.get('/orders/1', {
      ...asUser({ id: '42' }),
      'x-request-id': 'elsewhere',
    });
    await app.http.get('/cart', { 'x-request-id': 'here' });
    await Promise.all([app.settle(1), other.settle(1)]);
    await reader.received(4);
    expect(reader.retry).toBe(3000);
    const stored = await app.stored.exchanges();
    expect(
      recordsOf(reader).toSorted((a, b) => (a.type < b.type ? -1 : 1)),
    ).toEqual(
      expect.arrayContaining(
        stored.flatMap(({ session, request, response }) => {
          const of = {
            session_id: session.id,
            user_id: session.info['user_id'],
            client_ip: '127.0.0.1',
          };
          return [
            { ...of, type: 'request', record: request },
            { ...of, type: 'response', record: response },
          ];
        }),
      ),
    );
    expect(reader.events.map(({ event }) => event).toSorted()).toEqual([
      'request',
      'request',
      'response',
      'response',
    ]);
  });

  it('shows one user, address, method or route when asked to', async () => {
    const app = await shop().start();
    const queries = [
      '?user_id=42',
      '?ip=::ffff:127.0.0.1&method=post',
      '?route=/orders/:id',
      '?user_id=43&route=/cart',
    ];
    const readers = await Promise.all(
      queries.map((query) => listen(app, query)),
    );
    await app.http.get('/cart', asUser({ id: '42' }));
    await app.http.send('POST', '/orders', { headers: asUser({ id: '43' }) });
    await app.http.get('/orders/missing', asUser({ id: '43' }));
    await app.http.get('/cart', asUser({ id: '43' }));
    await app.settle(4);
    const seen = await Promise.all(
      readers.map(async (reader) => {
        await reader.received(2);
        return recordsOf(reader).map(({ record }) =>
          'method' in record
            ? `${record.method} ${record.path}`
            : record.status_code,
        );
      }),
    );
    expect(seen).toEqual([
      ['GET /cart', 200],
      ['POST /orders', 201],
      ['GET /orders/missing', 404],
      ['GET /cart', 200],
    ]);
  });

  it('is subscribed while somebody listens, and not a moment longer than needed', async () => {
    const app = await shop().start();
    await expectUnsubscribed(app);
    const first = await listen(app);
    const second = await listen(app);
    first.leave();
    await app.http.get('/cart');
    await second.received(2);
    second.leave();
    await expectUnsubscribed(app);
  });

  it('is closed to whoever is no admin, before a stream begins', async () => {
    const app = await shop().start();
    for (const [headers, status] of [
      [{}, 401],
      [asUser({ id: '42' }), 403],
    ] as const) {
      const answer = await app.http.get('/admin/analytics/live', headers);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toContain('application/json');
    }
    await expectUnsubscribed(app);
  });

  it.each([
    ['user_id=', 'user_id'],
    ['ip=nowhere', 'ip'],
    ['method[a]=GET', 'method'],
    ['route=', 'route'],
    ['since=0', 'since'],
  ])('refuses %s', async (query, field) => {
    const app = await shop().start();
    const { status, text } = await app.http.get(
      `/admin/analytics/live?${query}`,
      ADMIN,
    );
    expect(status).toBe(400);
    expect(text).toContain(field);
  });

  it('leaves an audit line without the client', async () => {
    const log = new RecordedLog();
    const app = await shop().logTo(log).start();
    await listen(app, '?user_id=somebody');
    const [line] = log.of('SessionTrackingAudit');
    expect(line).toMatch(/^"root" GET showRecords of \w+$/);
    expect(line).not.toContain('somebody');
  });

  it('answers HEAD at once', async () => {
    const app = await shop().start();
    const { status } = await app.http.send('HEAD', '/admin/analytics/live', {
      headers: ADMIN,
    });
    expect(status).toBe(200);
    await expectUnsubscribed(app);
  });

  it('takes twenty listeners, and answers 503 to the next', async () => {
    const app = await shop().start();
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => listen(app)),
    );
    const refused = await app.http.get('/admin/analytics/live', ADMIN);
    expect(refused.status).toBe(503);
    // An answer without a body listens to nothing.
    const head = await app.http.send('HEAD', '/admin/analytics/live', {
      headers: ADMIN,
    });
    expect(head.status).toBe(200);
    await app.http.get('/cart');
    for (const reader of readers) {
      await reader.received(2);
    }
  });

  it('answers 503 within a second when Redis is away', async () => {
    const server = await startRedisServer();
    onTestFinished(() => server.stop());
    const app = await shop()
      .onRedis(server)
      .tracking({ flush: { shutdownMs: 50 } })
      .start();
    await server.kill();
    const { status, text, elapsedMs } = await app.http.get(
      '/admin/analytics/live',
      ADMIN,
    );
    expect(status).toBe(503);
    expect(text).toContain('The session store is unavailable');
    expect(elapsedMs).toBeLessThan(1000);
  });

  it('ends at shutdown, and does not hold it', async () => {
    const app = await shop().start();
    const reader = await listen(app);
    const stuck = await listen(app);
    stuck.stall();
    await app.http.get('/cart');
    await reader.received(2);
    const startedAt = performance.now();
    await app.stop();
    expect(performance.now() - startedAt).toBeLessThan(4000);
    await reader.ended();
    expect(reader.end).toBe('ended');
  });

  it('cuts off who does not read, and goes on for the others', async () => {
    const app = await bootTestApp(platform)
      .tracking({ flush: { maxQueue: 100_000 } })
      .globalGuard(HeaderUserGuard)
      .start();
    const stuck = await listen(app);
    const reader = await listen(app);
    stuck.stall();
    const records = 6000;
    const path = `/${'x'.repeat(2000)}`;
    for (let number = 0; number < records; number += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, index) =>
          app.tracker.recordRequest(
            { ip: '192.0.2.1' },
            { path, method: 'GET', request_id: `${number + index}` },
          ),
        ),
      );
      // The one who reads needs the time to do so.
      await reader.received(number + 500);
    }
    stuck.resume();
    await stuck.ended();
    expect(stuck.end).toBe('cut off');
    expect(stuck.events.length).toBeLessThan(records);
    expect(reader.end).toBe('open');
  });
});
