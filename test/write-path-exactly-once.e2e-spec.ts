import type { SessionTracker, TrackerStats } from 'nestjs-session-tracking';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  type FaultProxy,
  startFaultProxy,
} from '../libs/session-tracking/testing/fault-proxy.js';
import {
  type RedisServer,
  startRedisServer,
} from '../libs/session-tracking/testing/redis-server.js';
import type { TrackingOptions } from './support/boot-test-app.js';
import { redisForTests } from './support/redis-for-tests.js';
import { StoredSessions } from './support/stored-sessions.js';
import {
  expectExactlyOnce,
  NumberedTraffic,
} from './support/write-path-numbered-traffic.js';
import {
  drained,
  failedAgain,
  startTracking,
  type TrackingInstance,
} from './support/write-path-tracking.js';

const redis = redisForTests();

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'];

/** Holds all that these tests send, so that loss can only come from a fault. */
const ROOMY: TrackingOptions = {
  maxRecordsPerSession: 100_000,
  flush: { intervalMs: 5, maxBatch: 500, maxQueue: 100_000, timeoutMs: 150 },
};

async function startProxy(port: number): Promise<FaultProxy> {
  const proxy = await startFaultProxy(port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

async function startDurableRedis(): Promise<RedisServer> {
  const server = await startRedisServer({ appendonly: true });
  onTestFinished(() => server.stop());
  return server;
}

function admin(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

function readerOf(url: string, { keyPrefix }: TrackingInstance) {
  const stored = new StoredSessions(url, keyPrefix);
  onTestFinished(() => stored.close());
  return stored;
}

/** Everything taken in is stored, and the figures say so. */
function expectAllStored(tracker: SessionTracker, records: number): void {
  expect(tracker.stats()).toMatchObject({
    accepted: records,
    stored: records,
    dropped: 0,
    queued: 0,
    queuedBytes: 0,
  } satisfies Partial<TrackerStats>);
}

describe('every record is stored once and in order', () => {
  it.each([11, 22, 33])('through chaos on the wire, seed %i', async (seed) => {
    const proxy = await startProxy(redis.port);
    const instance = await startTracking(proxy.url, ROOMY);
    const stored = readerOf(redis.url, instance);
    const captured = new NumberedTraffic(instance.tracker, 'captured', USERS);
    const awaited = new NumberedTraffic(instance.tracker, 'awaited', USERS);
    proxy.chaos({
      seed,
      cutProbability: 0.02,
      dropReplyThenCutProbability: 0.05,
      delayMs: [0, 3],
    });
    await captured.send(2400, () => {
      for (let count = 0; count < 10; count += 1) {
        awaited.sendOneAwaited();
      }
    });
    await drained(instance.tracker);

    expect(proxy.lostReplies).toBeGreaterThan(0);
    expect(instance.tracker.stats().failedAttempts).toBeGreaterThan(0);
    await expectExactlyOnce(stored, captured, awaited);
    expectAllStored(instance.tracker, 2 * (2400 + 600));
    expect(awaited).toMatchObject({ outstanding: 0, resolved: 1200 });
  });

  it('when replies vanish and the link looks alive', async () => {
    const proxy = await startProxy(redis.port);
    const instance = await startTracking(proxy.url, ROOMY);
    const stored = readerOf(redis.url, instance);
    const traffic = new NumberedTraffic(instance.tracker, 'w', USERS);
    for (let round = 0; round < 3; round += 1) {
      await traffic.send(200);
      await drained(instance.tracker);
      proxy.dropReplies(true);
      traffic.sendOne();
      await traffic.send(200);
      await failedAgain(instance.tracker, 2);
      proxy.dropReplies(false);
      await drained(instance.tracker);
    }
    await expectExactlyOnce(stored, traffic);
    expectAllStored(instance.tracker, 2 * 3 * 401);
  });

  it('when the server forgets its scripts and throws out its clients', async () => {
    const instance = await startTracking(redis.url, ROOMY);
    const stored = readerOf(redis.url, instance);
    const operator = admin(redis.url);
    const traffic = new NumberedTraffic(instance.tracker, 'w', USERS);
    let killed = 0;
    await traffic.send(4000, async (sent) => {
      if (sent % 400 === 0) {
        await operator.script('FLUSH');
      } else if (sent % 400 === 200) {
        killed += Number(
          await operator.call('CLIENT', 'KILL', 'TYPE', 'normal'),
        );
      }
    });
    await drained(instance.tracker);

    expect(killed).toBeGreaterThan(0);
    await expectExactlyOnce(stored, traffic);
    expectAllStored(instance.tracker, 2 * 4000);
  });

  it('when the server crashes and comes back with its append-only file', async () => {
    const server = await startDurableRedis();
    const instance = await startTracking(server.url, ROOMY);
    const stored = readerOf(server.url, instance);
    const traffic = new NumberedTraffic(instance.tracker, 'w', USERS);
    for (let crash = 0; crash < 3; crash += 1) {
      await traffic.send(400, async (sent) => {
        if (sent === 200) {
          await server.kill();
        }
      });
      await failedAgain(instance.tracker);
      await server.restart();
    }
    await traffic.send(400);
    await drained(instance.tracker);

    await expectExactlyOnce(stored, traffic);
    expectAllStored(instance.tracker, 2 * 1600);
  });

  it('when the server hangs and does late what was given up', async () => {
    const server = await startDurableRedis();
    const instance = await startTracking(server.url, ROOMY);
    const stored = readerOf(server.url, instance);
    const traffic = new NumberedTraffic(instance.tracker, 'w', USERS);
    for (let hang = 0; hang < 3; hang += 1) {
      await traffic.send(200);
      server.pause();
      await traffic.send(200);
      await failedAgain(instance.tracker, 2);
      server.resume();
      await drained(instance.tracker);
    }
    await expectExactlyOnce(stored, traffic);
    expectAllStored(instance.tracker, 2 * 1200);
  });

  it('when the server refuses one batch of a flush and takes the next', async () => {
    const instance = await startTracking(redis.url, {
      ...ROOMY,
      flush: { ...ROOMY.flush, maxBatch: 2000 },
    });
    const stored = readerOf(redis.url, instance);
    const operator = admin(redis.url);
    const traffic = new NumberedTraffic(instance.tracker, 'w', USERS);
    const { tracker } = instance;
    let isFull = false;
    const stop = new AbortController();
    const change = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        isFull = !isFull;
        await operator.config('SET', 'maxmemory', isFull ? '1' : '0');
      }
    };
    const changes = change();
    while (tracker.stats().failedAttempts < 20) {
      for (let count = 0; count < 300; count += 1) {
        traffic.sendOne();
      }
      await tracker.flush().catch(() => undefined);
    }
    stop.abort();
    await changes;
    await operator.config('SET', 'maxmemory', '0');
    await drained(tracker);

    await expectExactlyOnce(stored, traffic);
    expectAllStored(tracker, 2 * traffic.exchanges);
  });

  it('when two instances write the same sessions at once', async () => {
    const proxies = [
      await startProxy(redis.port),
      await startProxy(redis.port),
    ];
    const first = await startTracking(proxies[0]?.url ?? '', ROOMY);
    const second = await startTracking(proxies[1]?.url ?? '', {
      ...ROOMY,
      keyPrefix: first.keyPrefix,
    });
    const stored = readerOf(redis.url, first);
    const operator = admin(redis.url);
    proxies.forEach((proxy, position) =>
      proxy.chaos({
        seed: 100 + position,
        cutProbability: 0.02,
        dropReplyThenCutProbability: 0.04,
        delayMs: [0, 3],
      }),
    );
    const writers = [
      new NumberedTraffic(first.tracker, 'first', USERS),
      new NumberedTraffic(second.tracker, 'second', USERS),
    ];
    await Promise.all(
      writers.map((writer) =>
        writer.send(2000, async (sent) => {
          if (sent % 500 === 0) {
            await operator.script('FLUSH');
          }
        }),
      ),
    );
    await drained(first.tracker);
    await drained(second.tracker);

    await expectExactlyOnce(stored, ...writers);
    expectAllStored(first.tracker, 2 * 2000);
    expectAllStored(second.tracker, 2 * 2000);
  });
});
