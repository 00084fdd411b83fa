import { RecordDroppedError, type TrackerStats } from 'nestjs-session-tracking';
import type { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type FaultProxy,
  startFaultProxy,
} from '../libs/session-tracking/testing/fault-proxy.js';
import { heapAfterFullCollection } from '../libs/session-tracking/testing/garbage-collection.js';
import {
  type RedisServer,
  startRedisServer,
} from '../libs/session-tracking/testing/redis-server.js';
import { redisForTests } from './support/redis-for-tests.js';
import { StoredSessions } from './support/stored-sessions.js';
import { NumberedTraffic } from './support/write-path-numbered-traffic.js';
import {
  drained,
  failedAgain,
  startTracking,
  TRACKING_LOG,
  type TrackingInstance,
} from './support/write-path-tracking.js';

const redis = redisForTests();

const MEBIBYTE = 1024 * 1024;

async function startProxy(): Promise<FaultProxy> {
  const proxy = await startFaultProxy(redis.port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

async function startServer(): Promise<RedisServer> {
  const server = await startRedisServer();
  onTestFinished(() => server.stop());
  return server;
}

function readerOf(url: string, { keyPrefix }: TrackingInstance) {
  const stored = new StoredSessions(url, keyPrefix);
  onTestFinished(() => stored.close());
  return stored;
}

function expectBalance(stats: TrackerStats): void {
  const { accepted, stored, dropped, queued } = stats;
  expect(stored + dropped + queued).toBe(accepted);
  expect(Math.min(stored, dropped, queued)).toBeGreaterThanOrEqual(0);
  expect(
    stats.droppedQueueFull + stats.droppedRejected + stats.droppedShutdown,
  ).toBe(dropped);
}

/** The lines of the log that speak of a queue that is too short. */
function lossLines({ log }: TrackingInstance): string[] {
  return log
    .of(TRACKING_LOG)
    .filter((line) => /being lost|were lost/.test(line));
}

describe('what was taken in is stored, dropped or waiting', () => {
  it('at any instant of a chaotic run', async () => {
    const proxy = await startProxy();
    const instance = await startTracking(proxy.url, {
      maxRecordsPerSession: 100_000,
      flush: { intervalMs: 5, maxBatch: 100, maxQueue: 400, timeoutMs: 100 },
    });
    const { tracker } = instance;
    const traffic = new NumberedTraffic(tracker, 'w', ['alice', 'bob']);
    proxy.chaos({
      seed: 5,
      cutProbability: 0.05,
      dropReplyThenCutProbability: 0.1,
      delayMs: [0, 10],
    });
    let samples = 0;
    const sampler = setInterval(() => {
      const stats = tracker.stats();
      expectBalance(stats);
      // Counted by the callers' own promises, so that the sum above is no tautology.
      expect(traffic.outstanding).toBe(stats.queued);
      expect(traffic.resolved).toBe(stats.stored);
      expect(traffic.rejected).toHaveLength(stats.dropped);
      expect(stats.queued).toBeLessThanOrEqual(400);
      samples += 1;
    }, 1);
    onTestFinished(() => clearInterval(sampler));
    for (let round = 0; round < 60; round += 1) {
      for (let count = 0; count < 60; count += 1) {
        traffic.sendOneAwaited();
      }
      const target = samples + 3;
      await vi.waitFor(() => expect(samples).toBeGreaterThan(target), {
        interval: 1,
      });
    }
    await drained(tracker);
    clearInterval(sampler);

    expect(tracker.stats().dropped).toBeGreaterThan(0);
    expect(traffic.unexpectedErrors).toEqual([]);
    const sessions = await readerOf(redis.url, instance).all();
    const listed = sessions.reduce(
      (sum, { requests, responses }) =>
        sum + requests.length + responses.length,
      0,
    );
    expect(listed).toBe(tracker.stats().stored);
    expect(tracker.stats().accepted).toBe(60 * 60 * 2);
  });
});

describe('a queue that is full', () => {
  it('drops the oldest first and says so twice', async () => {
    const server = await startServer();
    const instance = await startTracking(server.url, {
      maxRecordsPerSession: 100_000,
      flush: { intervalMs: 5, maxBatch: 100, maxQueue: 300, timeoutMs: 100 },
    });
    const { tracker } = instance;
    const traffic = new NumberedTraffic(tracker, 'w', ['alice']);
    server.pause();
    for (let count = 0; count < 100; count += 1) {
      traffic.sendOneAwaited();
    }
    await failedAgain(tracker, 2);
    for (let count = 0; count < 900; count += 1) {
      traffic.sendOneAwaited();
    }
    await vi.waitFor(() => expect(traffic.rejected).toHaveLength(1700));
    expect(tracker.stats()).toMatchObject({
      accepted: 2000,
      queued: 300,
      droppedQueueFull: 1700,
    });
    expect(lossLines(instance)).toEqual([
      expect.stringContaining('Records are being lost'),
    ]);
    server.resume();
    await drained(tracker);

    expect(lossLines(instance)).toEqual([
      expect.stringContaining('Records are being lost'),
      expect.stringContaining('1700 were lost'),
    ]);
    expect(traffic.rejected).toEqual(
      traffic.rejected.toSorted((a, b) => a - b),
    );
    // What was on its way may be stored already and stays; all else that is left is the newest.
    const kept = await keptNumbers(server.url, instance);
    const onTheirWay = kept.filter((number) => number < 100).length;
    expect(onTheirWay).toBeLessThanOrEqual(50);
    expect(kept).toEqual([
      ...Array.from({ length: onTheirWay }, (_, number) => number),
      ...Array.from(
        { length: 150 - onTheirWay },
        (_, number) => 850 + onTheirWay + number,
      ),
    ]);
  });

  it('keeps the newest when Redis is down and the queue is shorter than a batch', async () => {
    const server = await startServer();
    await server.kill();
    const instance = await startTracking(server.url, {
      flush: { intervalMs: 5, maxQueue: 100, timeoutMs: 100 },
    });
    const { tracker } = instance;
    const traffic = new NumberedTraffic(tracker, 'w', ['alice']);
    for (let round = 0; round < 4; round += 1) {
      for (let count = 0; count < 100; count += 1) {
        traffic.sendOne();
      }
      await failedAgain(tracker);
    }
    await server.restart();
    await drained(tracker);
    // Nothing can have reached a server that is not there, so the newest are all that is left.
    expect(await keptNumbers(server.url, instance)).toEqual(
      Array.from({ length: 50 }, (_, number) => 350 + number),
    );
  });

  it('keeps newer ones when Redis is frozen and the queue is shorter than a batch', async () => {
    const server = await startServer();
    const instance = await startTracking(server.url, {
      flush: { intervalMs: 5, maxQueue: 100, timeoutMs: 100 },
    });
    const { tracker } = instance;
    const traffic = new NumberedTraffic(tracker, 'w', ['alice']);
    server.pause();
    for (let round = 0; round < 4; round += 1) {
      for (let count = 0; count < 100; count += 1) {
        traffic.sendOne();
      }
      await failedAgain(tracker);
    }
    server.resume();
    await drained(tracker);
    // At most half of the queue may be on its way for all that time.
    const kept = await keptNumbers(server.url, instance);
    expect(kept).toHaveLength(50);
    expect(kept.slice(25)).toEqual(
      Array.from({ length: 25 }, (_, number) => 375 + number),
    );
  });

  it('says so twice also when Redis is only too slow', async () => {
    const proxy = await startProxy();
    const instance = await startTracking(proxy.url, {
      flush: { intervalMs: 5, maxBatch: 50, maxQueue: 200, timeoutMs: 2000 },
    });
    const { tracker } = instance;
    const traffic = new NumberedTraffic(tracker, 'w', ['alice']);
    traffic.sendOne();
    await tracker.flush();
    proxy.delay([15, 20]);
    // More comes in than goes out, however often a batch is stored.
    for (let round = 0; round < 12; round += 1) {
      const { batches } = tracker.stats();
      await vi.waitFor(
        () => {
          traffic.sendOne();
          traffic.sendOne();
          expect(tracker.stats().batches).toBeGreaterThan(batches);
        },
        { interval: 0, timeout: 5000 },
      );
      for (let count = 0; count < 100; count += 1) {
        traffic.sendOne();
      }
    }
    expect(tracker.stats().dropped).toBeGreaterThan(1000);
    expect(lossLines(instance)).toHaveLength(1);
    proxy.delay([0, 0]);
    await drained(tracker);
    expect(lossLines(instance)).toEqual([
      expect.stringContaining('Records are being lost'),
      expect.stringContaining(`${tracker.stats().dropped} were lost`),
    ]);
  });

  it('is bounded in bytes too', async () => {
    const server = await startServer();
    const instance = await startTracking(server.url, {
      flush: { maxQueue: 1_000_000, timeoutMs: 100, shutdownMs: 0 },
    });
    const { tracker } = instance;
    server.pause();
    const path = `/${'x'.repeat(2000)}`;
    for (let count = 0; count < 40_000; count += 1) {
      tracker.recordExchange(
        { userId: 'alice', ip: '192.0.2.1' },
        { timestamp: 1, path, method: 'GET', request_id: 'r' },
        { timestamp: 1, request_id: 'r', status_code: 200, duration_ms: 1 },
      );
    }
    const stats = tracker.stats();
    expectBalance(stats);
    expect(stats.queuedBytes).toBeLessThanOrEqual(64 * MEBIBYTE);
    expect(stats.queuedBytes).toBeGreaterThan(32 * MEBIBYTE);
    expect(stats.droppedQueueFull).toBeGreaterThan(0);
    expect(lossLines(instance)).toHaveLength(1);
  });

  it('does not keep alive what it cut off', async () => {
    const server = await startServer();
    const { tracker } = await startTracking(server.url, {
      flush: { timeoutMs: 100, shutdownMs: 0 },
    });
    server.pause();
    const before = heapAfterFullCollection();
    for (let count = 0; count < 64; count += 1) {
      const long = `/${String(count)}${'x'.repeat(MEBIBYTE)}/end`;
      const client = { ip: '192.0.2.1' };
      void tracker.recordRequest(client, {
        path: long.slice(0),
        method: 'GET',
        route: `${long}r`,
      });
      void tracker.recordResponse(client, {
        request_id: 'r',
        status_code: 500,
        duration_ms: 1,
        error_message: `${long}e`,
      });
    }
    expect(tracker.stats().queued).toBe(128);
    expect(heapAfterFullCollection() - before).toBeLessThan(16 * MEBIBYTE);
  });
});

/** The numbers of the stored exchanges of the only session. */
async function keptNumbers(
  url: string,
  instance: TrackingInstance,
): Promise<number[]> {
  const session = await readerOf(url, instance).only();
  return session.requests.map(({ path }) => Number(path.split('/').at(-1)));
}

interface Poison {
  readonly kind: string;
  /** What stands in the key after the prefix; `$id` is the session's id. */
  readonly key: string;
  readonly put: (client: Redis, key: string) => Promise<unknown>;
}

const AS_STRING: Poison['put'] = (client, key) => client.set(key, 'poison');
const AS_LIST: Poison['put'] = (client, key) => client.rpush(key, 'poison');
const AS_SET: Poison['put'] = (client, key) => client.sadd(key, 'poison');
const AS_HASH: Poison['put'] = (client, key) => client.hset(key, 'a', 'b');
const AS_ZSET: Poison['put'] = (client, key) => client.zadd(key, 1, 'poison');
const AS_STREAM: Poison['put'] = (client, key) =>
  client.xadd(key, '*', 'a', 'b');

/** Keys that a session's records cannot do without. */
const DEADLY: Poison[] = [
  { kind: 'open session is a list', key: 'user:victim', put: AS_LIST },
  { kind: 'open session is a hash', key: 'user:victim', put: AS_HASH },
  { kind: 'open session is a stream', key: 'user:victim', put: AS_STREAM },
  { kind: 'info is a string', key: '$id:info', put: AS_STRING },
  { kind: 'info is a sorted set', key: '$id:info', put: AS_ZSET },
  { kind: 'requests are a string', key: '$id:requests', put: AS_STRING },
  { kind: 'requests are a set', key: '$id:requests', put: AS_SET },
  { kind: 'responses are a hash', key: '$id:responses', put: AS_HASH },
  { kind: 'responses are a stream', key: '$id:responses', put: AS_STREAM },
];

/** Keys without which records are stored all the same. */
const HARMLESS: Poison[] = [
  { kind: 'the index is a string', key: 'index', put: AS_STRING },
  { kind: 'the expiry index is a list', key: 'expiry', put: AS_LIST },
  {
    kind: "the client's list is a set",
    key: 'sessions:user:newcomer',
    put: AS_SET,
  },
  { kind: 'the open session is unknown', key: 'user:victim', put: AS_STRING },
  {
    kind: 'the creation time is nonsense',
    key: '$id:info',
    put: (client, key) => client.hset(key, 'created_at', 'never'),
  },
  {
    kind: 'the creation time only begins like one',
    key: '$id:info',
    put: (client, key) => client.hset(key, 'created_at', '9999999999soon'),
  },
  {
    kind: 'the counters are nonsense',
    key: '$id:info',
    put: (client, key) =>
      client.hset(key, 'request_count', 'many', 'duration_us_total', 'inf'),
  },
];

const OTHERS = Array.from({ length: 20 }, (_, number) => `other${number}`);

/** A session of a victim whose key is poisoned, then one flush of its records and of others'. */
async function flushWithPoison({ key, put }: Poison) {
  const instance = await startTracking(redis.url);
  const { tracker } = instance;
  const stored = readerOf(redis.url, instance);
  const victim = { userId: 'victim', ip: '192.0.2.66' };
  const id = await tracker.recordRequest(victim, { path: '/', method: 'GET' });
  const poisoned = stored.key(key.replace('$id', id));
  if (!key.endsWith(':info') || put === AS_STRING || put === AS_ZSET) {
    await stored.redis.del(poisoned);
  }
  await put(stored.redis, poisoned);

  const of = (userId: string): Promise<string>[] => [
    tracker.recordRequest(
      { userId, ip: '192.0.2.1' },
      { path: '/poisoned', method: 'GET', request_id: `of-${userId}` },
    ),
    tracker.recordResponse(
      { userId, ip: '192.0.2.1' },
      { request_id: `of-${userId}`, status_code: 200, duration_ms: 1 },
    ),
  ];
  const before = OTHERS.slice(0, 10).flatMap(of);
  const ofVictim = of('victim');
  const after = [...OTHERS.slice(10), 'newcomer'].flatMap(of);
  await tracker.flush();
  return {
    instance,
    stored,
    ofVictim,
    others: await Promise.all([...before, ...after]),
    removePoison: () => stored.redis.del(poisoned),
  };
}

describe('a key of a foreign type', () => {
  it.each(DEADLY)(
    'loses the records of its session alone: $kind',
    async (poison) => {
      const { instance, stored, ofVictim, others, removePoison } =
        await flushWithPoison(poison);
      for (const outcome of ofVictim) {
        await expect(outcome).rejects.toThrow(RecordDroppedError);
      }
      expect(new Set(others).size).toBe(OTHERS.length + 1);
      const { tracker, log } = instance;
      expect(tracker.stats()).toMatchObject({
        accepted: 45,
        stored: 43,
        droppedRejected: 2,
        queued: 0,
        failedAttempts: 0,
      });
      // Nothing of the victim is half stored, and all of the others is there.
      const dumps = await Promise.all(
        [...new Set(others)].map((id) => stored.read(id)),
      );
      for (const { info, requests, responses } of dumps) {
        expect(requests).toHaveLength(1);
        expect(responses).toHaveLength(1);
        expect(info).toMatchObject({ request_count: '1', response_count: '1' });
      }
      const dump = await dumpLists(stored);
      expect(dump).not.toContain('of-victim');
      expect(
        log.of(TRACKING_LOG).filter((line) => line.includes('foreign type')),
      ).toHaveLength(1);

      await removePoison();
      await tracker.recordRequest(
        { userId: 'victim', ip: '192.0.2.1' },
        { path: '/cured', method: 'GET' },
      );
      expectBalance(tracker.stats());
    },
  );

  it.each(HARMLESS)('costs no record: $kind', async (poison) => {
    const { instance, ofVictim, others } = await flushWithPoison(poison);
    await Promise.all(ofVictim);
    expect(new Set(others).size).toBe(OTHERS.length + 1);
    expect(instance.tracker.stats()).toMatchObject({
      accepted: 45,
      stored: 45,
      dropped: 0,
      failedAttempts: 0,
    });
  });
});

/** The contents of every list of the app. */
async function dumpLists(stored: StoredSessions): Promise<string> {
  const contents: string[] = [];
  for (const key of await stored.keys()) {
    if ((await stored.redis.type(key)) === 'list') {
      contents.push(...(await stored.redis.lrange(key, 0, -1)));
    }
  }
  return contents.join('\n');
}
