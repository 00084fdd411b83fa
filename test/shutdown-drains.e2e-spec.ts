import { RedisModule } from '@liaoliaots/nestjs-redis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startRedisServer } from '../libs/session-tracking/testing/redis-server.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { sendAbortable } from './support/raw-http.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';
import { ThingsController } from './support/shop.controllers.js';
import { StoredSessions } from './support/stored-sessions.js';

const redis = redisForTests();

/** A flush that only a shutdown brings about. */
const FLUSH_NEVER = { intervalMs: 60_000, maxBatch: 100_000 };

/** Eyes on Redis that outlive the app. */
function lastingEyesOn(app: TestApp): StoredSessions {
  const stored = new StoredSessions(redis.url, app.stored.prefix);
  onTestFinished(() => stored.close());
  return stored;
}

/** Begins to close the app and waits until it takes no new connections. */
async function beginToClose(app: TestApp): Promise<{ closed: Promise<void> }> {
  const closed = app.app.close();
  await vi.waitFor(() => {
    if (app.app.getHttpServer().listening) {
      throw new Error('The server still listens.');
    }
  });
  return { closed };
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .tracking({ flush: FLUSH_NEVER })
      .controllers(ThingsController);

  describe('app.close()', () => {
    it('stores what is queued', async () => {
      const app = await shop().start();
      const stored = lastingEyesOn(app);
      for (let i = 1; i <= 30; i++) {
        await app.http.get(`/things/${i}`);
      }
      await vi.waitFor(() => expect(app.tracker.stats().queued).toBe(60));
      await app.stop();
      expect(app.tracker.stats()).toMatchObject({
        accepted: 60,
        stored: 60,
        dropped: 0,
        queued: 0,
      });
      expect((await stored.only()).requests).toHaveLength(30);
    });

    it('stores requests that finish while the server closes', async () => {
      const app = await shop().start();
      const stored = lastingEyesOn(app);
      const requests = [1, 2, 3].map((n) =>
        sendAbortable(`${app.url}/things/gated?${n}`),
      );
      await app.signals.reached('handler entered');
      await vi.waitFor(() => expect(entered(app)).toBe(3));
      const { closed } = await beginToClose(app);
      expect(app.tracker.stats().accepted).toBe(0);
      app.signals.give('handler may go on');
      const heads = await Promise.all(requests.map(({ head }) => head));
      heads.forEach((head) => head.resume());
      await closed;
      expect(heads.map(({ statusCode }) => statusCode)).toEqual([
        200, 200, 200,
      ]);
      const exchanges = await stored.exchanges();
      expect(
        exchanges.map(({ response }) => [
          response.status_code,
          response.aborted ?? false,
        ]),
      ).toEqual([
        [200, false],
        [200, false],
        [200, false],
      ]);
    });

    it('cuts off an open stream when told to, and stores that', async () => {
      const app = await shop().forceCloseConnections().start();
      const stored = lastingEyesOn(app);
      const response = await sendAbortable(`${app.url}/things/events`).head;
      await new Promise((resolve) => {
        response.once('data', resolve);
      });
      await app.stop();
      const { request, response: record } = await stored.onlyExchange();
      expect(request.path).toBe('/things/events');
      expect(record).toMatchObject({ status_code: 499, aborted: true });
    });

    it('waits for an open stream otherwise, but stores the rest before', async () => {
      const app = await shop().start();
      const stored = lastingEyesOn(app);
      const events = sendAbortable(`${app.url}/things/events`);
      const response = await events.head;
      await new Promise((resolve) => {
        response.once('data', resolve);
      });
      await app.http.get('/things/7');
      await vi.waitFor(() => expect(app.tracker.stats().accepted).toBe(2));
      const { closed } = await beginToClose(app);
      await vi.waitFor(() => expect(app.tracker.stats().stored).toBe(2));
      expect((await stored.onlyExchange()).request.path).toBe('/things/7');

      events.abort();
      await closed;
      const exchanges = await stored.exchanges();
      expect(exchanges.map(({ request }) => request.path).toReversed()).toEqual(
        ['/things/events', '/things/7'],
      );
    });

    it('twice at once is once', async () => {
      const app = await shop().start();
      const stored = lastingEyesOn(app);
      await app.http.get('/things/7');
      await vi.waitFor(() => expect(app.tracker.stats().accepted).toBe(2));
      const results = await Promise.allSettled([
        app.app.close(),
        app.app.close(),
      ]);
      expect(results[0]?.status).toBe('fulfilled');
      expect((await stored.only()).info['request_count']).toBe('1');
      expect(app.tracker.stats()).toMatchObject({ stored: 2, dropped: 0 });
    });

    it('and flush() at once neither lose nor double anything', async () => {
      const app = await shop().start();
      const stored = lastingEyesOn(app);
      for (let i = 1; i <= 10; i++) {
        await app.http.get(`/things/${i}`);
      }
      await vi.waitFor(() => expect(app.tracker.stats().accepted).toBe(20));
      await Promise.all([
        app.tracker.flush(),
        app.app.close(),
        app.tracker.flush(),
      ]);
      await app.tracker.flush();
      const { info, requests } = await stored.only();
      expect(info['request_count']).toBe('10');
      expect(requests).toHaveLength(10);
    });

    it('takes no longer than shutdownMs without Redis, and says what is lost', async () => {
      const server = await startRedisServer();
      onTestFinished(() => server.stop());
      const log = new RecordedLog();
      const app = await shop()
        .onRedis(server)
        .tracking({ flush: { ...FLUSH_NEVER, shutdownMs: 300 } })
        .logTo(log)
        .start();
      await app.http.get('/things/7');
      await vi.waitFor(() => expect(app.tracker.stats().accepted).toBe(2));
      server.pause();
      const startedAt = performance.now();
      await app.stop();
      server.resume();
      // Once before the server closes and once after it.
      expect(performance.now() - startedAt).toBeLessThan(2 * 300 + 700);
      expect(app.tracker.stats()).toMatchObject({
        accepted: 2,
        dropped: 2,
        droppedShutdown: 2,
        queued: 0,
      });
      expect(
        log.of('SessionTracking').filter((line) => line.includes('2 records')),
      ).toHaveLength(1);
    });
  });

  describe('beside RedisModule', () => {
    const orders = [true, false].flatMap((trackingLast) =>
      [true, false].flatMap((redisIsGlobal) =>
        [true, false].map((isGlobal) => ({
          trackingLast,
          redisIsGlobal,
          isGlobal,
        })),
      ),
    );

    it.each(orders)(
      'everything is stored: %o',
      async ({ trackingLast, redisIsGlobal, isGlobal }) => {
        const builder = shop()
          .tracking({ redis: { namespace: 'shared' }, isGlobal })
          .imports(
            RedisModule.forRoot(
              { config: { namespace: 'shared', url: redis.url } },
              redisIsGlobal,
            ),
          );
        const app = await (
          trackingLast ? builder.trackingLast() : builder
        ).start();
        const stored = lastingEyesOn(app);
        await app.http.get('/things/7');
        const late = sendAbortable(`${app.url}/things/gated`);
        await app.signals.reached('handler entered');
        const { closed } = await beginToClose(app);
        app.signals.give('handler may go on');
        (await late.head).resume();
        await closed;
        const exchanges = await stored.exchanges();
        expect(
          exchanges.map(({ request, response }) => [
            request.path,
            response.status_code,
          ]),
        ).toEqual([
          ['/things/7', 200],
          ['/things/gated', 200],
        ]);
        expect(app.tracker.stats()).toMatchObject({ stored: 4, dropped: 0 });
      },
    );
  });
});

/** Connections that have a request under way. */
function entered(app: TestApp): number {
  return app.app.get(ThingsController).gatedRequests;
}
