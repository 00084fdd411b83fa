import { RedisModule } from '@liaoliaots/nestjs-redis';
import { Redis } from 'ioredis';
import { SessionTrackingModule } from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startRedisServer } from '../libs/session-tracking/testing/redis-server.js';
import {
  bootTestApp,
  freshKeyPrefix,
  type Platform,
  PLATFORMS,
  type TestApp,
  type TestAppBuilder,
  type TrackingOptions,
} from './support/boot-test-app.js';
import { HttpClient } from './support/http-client.js';
import { sendAbortable } from './support/raw-http.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';
import { StoredSessions } from './support/stored-sessions.js';
import { HeldController } from './support/write-path-shop.js';
import { startHosts } from './support/write-path-child.js';
import { TRACKING_LOG } from './support/write-path-tracking.js';

const redis = redisForTests();

const IN_FLIGHT = 50;

/** How long a shutdown waits for the last responses beside `flush.shutdownMs`, and slack. */
const BESIDE_SHUTDOWN_MS = 1500;

type Source = 'url' | 'client' | 'namespace';
const SOURCES: readonly Source[] = ['url', 'client', 'namespace'];

/** An app that holds its requests until the test lets them go. */
function heldApp(platform: Platform): TestAppBuilder {
  return bootTestApp(platform).onRedis(redis).controllers(HeldController);
}

/** Sends requests that the app holds, and waits until it has all of them. */
async function sendHeld(app: TestApp, requests = IN_FLIGHT) {
  const answers = Promise.allSettled(
    Array.from({ length: requests }, (_, number) =>
      app.http.get(`/held/${number}`),
    ),
  );
  const controller = app.app.get(HeldController);
  await vi.waitFor(() => expect(controller.entered).toBe(requests));
  return {
    /** How many were answered with 200; the others were cut off. */
    async answered(): Promise<number> {
      const settled = await answers;
      return settled.filter(
        (outcome) =>
          outcome.status === 'fulfilled' && outcome.value.status === 200,
      ).length;
    },
  };
}

/** A reader that outlives the app. */
function readerOf(app: TestApp): StoredSessions {
  const stored = new StoredSessions(redis.url, app.stored.prefix);
  onTestFinished(() => stored.close());
  return stored;
}

async function statusesOf(stored: StoredSessions): Promise<number[]> {
  const exchanges = await stored.exchanges();
  return exchanges.map(({ response }) => response.status_code);
}

function countOf(statuses: readonly number[], status: number): number {
  return statuses.filter((each) => each === status).length;
}

interface Arrangement {
  platform: Platform;
  source: Source;
  isGlobal: boolean;
  comesLast: boolean;
}

const ARRANGEMENTS: Arrangement[] = PLATFORMS.flatMap((platform) =>
  SOURCES.flatMap((source) =>
    [true, false].flatMap((isGlobal) =>
      [true, false].map((comesLast) => ({
        platform,
        source,
        isGlobal,
        comesLast,
      })),
    ),
  ),
);

/** An app whose host has its own RedisModule, which quits its clients at shutdown. */
function arrange({ platform, source, isGlobal, comesLast }: Arrangement) {
  const builder = heldApp(platform)
    .imports(
      RedisModule.forRoot(
        { config: { namespace: 'host', url: redis.url } },
        isGlobal,
      ),
    )
    .trackingBy((keyPrefix) =>
      SessionTrackingModule.forRoot({
        redis: redisOption(source),
        keyPrefix,
        isGlobal,
      }),
    );
  return comesLast ? builder.trackingLast() : builder;
}

function redisOption(source: Source): TrackingOptions['redis'] {
  switch (source) {
    case 'url':
      return { url: redis.url };
    case 'namespace':
      return { namespace: 'host' };
    default: {
      const client = new Redis(redis.url);
      onTestFinished(() => client.disconnect());
      return { client };
    }
  }
}

describe('app.close() stores everything', () => {
  it.each(ARRANGEMENTS)(
    'on $platform by $source, global $isGlobal, imported last $comesLast',
    async (arrangement) => {
      const app = await arrange(arrangement).start();
      const stored = readerOf(app);
      const held = await sendHeld(app);
      const closed = app.app.close();
      app.app.get(HeldController).release();
      expect(await held.answered()).toBe(IN_FLIGHT);
      await closed;

      expect(countOf(await statusesOf(stored), 200)).toBe(IN_FLIGHT);
      expect(app.tracker.stats()).toMatchObject({
        accepted: 2 * IN_FLIGHT,
        stored: 2 * IN_FLIGHT,
        queued: 0,
      });
    },
  );

  it.each(PLATFORMS)(
    'on %s with connections that are cut off',
    async (platform) => {
      const app = await heldApp(platform).forceCloseConnections().start();
      const stored = readerOf(app);
      const held = await sendHeld(app);
      const stream = sendAbortable(`${app.url}/held/stream`);
      await stream.head;
      await app.app.close();
      app.app.get(HeldController).release();

      const answered = await held.answered();
      const statuses = await statusesOf(stored);
      expect(countOf(statuses, 200)).toBe(answered);
      expect(countOf(statuses, 499)).toBe(IN_FLIGHT + 1 - answered);
      expect(app.tracker.stats()).toMatchObject({ queued: 0, dropped: 0 });
    },
  );

  it.each(PLATFORMS)(
    'on %s while an open stream holds the server',
    async (platform) => {
      const app = await heldApp(platform).start();
      const stored = readerOf(app);
      const held = await sendHeld(app);
      const stream = sendAbortable(`${app.url}/held/stream`);
      await stream.head;
      const closed = app.app.close();
      app.app.get(HeldController).release();
      expect(await held.answered()).toBe(IN_FLIGHT);
      await vi.waitFor(
        async () =>
          expect(countOf(await statusesOf(stored), 200)).toBe(IN_FLIGHT),
        { timeout: 5000 },
      );
      stream.abort();
      await closed;

      expect(countOf(await statusesOf(stored), 499)).toBe(1);
      expect(app.tracker.stats()).toMatchObject({ queued: 0, dropped: 0 });
    },
  );

  it.each(PLATFORMS)(
    'on %s when it is closed twice and flushed meanwhile',
    async (platform) => {
      const app = await heldApp(platform).start();
      const stored = readerOf(app);
      const held = await sendHeld(app);
      app.app.get(HeldController).release();
      expect(await held.answered()).toBe(IN_FLIGHT);
      const { tracker } = app;
      await Promise.all([
        tracker.flush(),
        app.app.close(),
        tracker.flush(),
        app.app.close(),
        tracker.close(1000),
        tracker.flush(),
      ]);
      await app.app.close();
      await tracker.flush();
      await tracker.close(1000);

      expect(await statusesOf(stored)).toHaveLength(IN_FLIGHT);
      expect(tracker.stats()).toMatchObject({
        accepted: 2 * IN_FLIGHT,
        stored: 2 * IN_FLIGHT,
        dropped: 0,
        queued: 0,
      });
    },
  );
});

describe('app.close() gives up after shutdownMs and says how much was lost', () => {
  it.each(
    PLATFORMS.flatMap((platform) =>
      (['paused', 'killed', 'paused with patience'] as const).map((fault) => ({
        platform,
        fault,
      })),
    ),
  )('on $platform with Redis $fault', async ({ platform, fault }) => {
    const server = await startRedisServer();
    onTestFinished(() => server.stop());
    const log = new RecordedLog();
    const shutdownMs = 1500;
    const app = await heldApp(platform)
      .onRedis(server)
      .tracking({
        flush: {
          shutdownMs,
          timeoutMs: fault === 'paused with patience' ? 60_000 : 150,
        },
      })
      .logTo(log)
      .start();
    const held = await sendHeld(app);
    if (fault === 'killed') {
      await server.kill();
    } else {
      server.pause();
    }
    app.app.get(HeldController).release();
    expect(await held.answered()).toBe(IN_FLIGHT);
    const startedAt = performance.now();
    await app.app.close();

    expect(performance.now() - startedAt).toBeLessThan(shutdownMs + 1000);
    expect(app.tracker.stats()).toMatchObject({
      accepted: 2 * IN_FLIGHT,
      droppedShutdown: 2 * IN_FLIGHT,
      queued: 0,
    });
    expect(
      log.of(TRACKING_LOG).filter((line) => line.includes('lost')),
    ).toEqual([expect.stringContaining(`${2 * IN_FLIGHT} records were lost`)]);
  });
});

describe('SIGTERM stores everything', () => {
  it.each([
    { platform: 'express', forceCloseConnections: false },
    { platform: 'fastify', forceCloseConnections: true },
  ] as const)(
    'on $platform, connections cut off $forceCloseConnections',
    async ({ platform, forceCloseConnections }) => {
      const keyPrefix = freshKeyPrefix();
      const host = await startHosts({
        apps: [
          {
            platform,
            redisUrl: redis.url,
            keyPrefix,
            forceCloseConnections,
            redisModule: forceCloseConnections ? 'before' : 'after',
          },
        ],
      });
      const stored = new StoredSessions(redis.url, keyPrefix);
      onTestFinished(() => stored.close());
      const client = new HttpClient(host.urls[0] ?? '');
      onTestFinished(() => client.close());
      const answers = Promise.allSettled(
        Array.from({ length: IN_FLIGHT }, (_, number) =>
          client.get(`/held/${number}`),
        ),
      );
      const stream = sendAbortable(`${host.urls[0]}/held/stream`);
      await stream.head;
      await vi.waitFor(async () =>
        expect(await host.states()).toMatchObject([{ entered: IN_FLIGHT }]),
      );
      host.terminate();
      host.release();
      const settled = await answers;
      if (!forceCloseConnections) {
        // Such a stream holds the server: what was answered is stored all the same.
        await vi.waitFor(
          async () =>
            expect(countOf(await statusesOf(stored), 200)).toBe(IN_FLIGHT),
          { timeout: 5000 },
        );
        stream.abort();
      }
      expect(await host.exited).toBe('SIGTERM');

      const answered = settled.filter(
        ({ status }) => status === 'fulfilled',
      ).length;
      const statuses = await statusesOf(stored);
      expect(countOf(statuses, 200)).toBe(answered);
      expect(countOf(statuses, 499)).toBe(IN_FLIGHT + 1 - answered);
      expect(host.output()).not.toContain('lost');
    },
  );

  it('and with Redis hung gives up in time and says how much was lost', async () => {
    const server = await startRedisServer();
    onTestFinished(() => server.stop());
    const host = await startHosts({
      apps: [
        {
          platform: 'express',
          redisUrl: server.url,
          keyPrefix: freshKeyPrefix(),
          flush: { shutdownMs: 500, timeoutMs: 100 },
        },
      ],
    });
    server.pause();
    const client = new HttpClient(host.urls[0] ?? '');
    onTestFinished(() => client.close());
    host.release();
    await Promise.all(
      Array.from({ length: IN_FLIGHT }, (_, number) =>
        client.get(`/held/${number}`),
      ),
    );
    const startedAt = performance.now();
    host.terminate();
    expect(await host.exited).toBe('SIGTERM');
    expect(performance.now() - startedAt).toBeLessThan(
      500 + BESIDE_SHUTDOWN_MS,
    );
    expect(host.output()).toContain(`${2 * IN_FLIGHT} records were lost`);
  });
});
