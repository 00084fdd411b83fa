import { afterEach, describe, expect, it, vi } from 'vitest';
import { exchangeOf, user } from '../../../testing/record-builders.js';
import { useRedis } from '../../../testing/redis-setting.js';
import { CONFORMANCE_POLICY } from '../../../testing/session-store-conformance.js';
import { startReplyForger } from '../../../testing/reply-forger.js';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { bucketOf } from '../../model/totals/duration-buckets.js';
import type { Exchange } from '../../model/records/exchange.js';
import type { TimeSlot } from '../../model/totals/time-slot.js';

const setting = useRedis();

const HOUR: TimeSlot = { length: 3600, start: 1_700_000_000 - 800 };
const FIVE_MINUTES: TimeSlot = { length: 300, start: HOUR.start };

afterEach(async () => {
  vi.useRealTimers();
  await setting.redis.config('SET', 'maxmemory', '0');
});

async function visit(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await setting.writer.append(
      exchangeOf(user('42'), { timestamp: HOUR.start }),
    );
  }
}

/** As another program counts them, which does not fold. */
async function folded(): Promise<number> {
  const field = await setting.redis.hget(
    setting.key(`usage:3600:${HOUR.start}`),
    'requests',
  );
  return Number(field);
}

function waiting(): Promise<number> {
  return setting.redis.llen(setting.key('pending-totals'));
}

async function answered(): Promise<(number | undefined)[]> {
  const usage = await setting.store.readUsage(HOUR);
  const routes = await setting.store.readRoutes(FIVE_MINUTES);
  return [usage?.requests, routes.get('GET unmatched')?.requests];
}

function numbered(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind} ${index}`);
}

describe('totals of batches', () => {
  it('wait until there are many', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await visit(31);
    expect([await waiting(), await folded()]).toEqual([31, 0]);
    await visit(1);
    vi.useRealTimers();
    await vi.waitFor(async () => {
      expect([await waiting(), await folded()]).toEqual([0, 32]);
    });
  });

  it('wait no longer than a second, however few they are', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await visit(1);
    vi.advanceTimersByTime(600);
    await visit(1);
    vi.advanceTimersByTime(399);
    expect([await waiting(), await folded()]).toEqual([2, 0]);
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await vi.waitFor(async () => {
      expect([await waiting(), await folded()]).toEqual([0, 2]);
    });
  });

  it('are in each answer, whether they waited or not', async () => {
    await visit(3);
    expect(await answered()).toEqual([3, 3]);
    await visit(2);
    expect(await answered()).toEqual([5, 5]);
    expect([await waiting(), await folded()]).toEqual([0, 5]);
  });

  it('are read anew where they were written, and remembered where they were not', async () => {
    await visit(3);
    expect(await answered()).toEqual([3, 3]);
    // What no fold has written is not looked at, which shows that nothing was read.
    await setting.redis.hset(
      setting.key(`usage:3600:${HOUR.start}`),
      'requests',
      100,
    );
    await setting.redis.hset(
      setting.key(`routes:300:${HOUR.start}`),
      '1:requests',
      100,
    );
    expect(await answered()).toEqual([3, 3]);
    await visit(1);
    expect(await answered()).toEqual([101, 101]);
    await setting.redis.del(setting.key(`usage:3600:${HOUR.start}`));
    await setting.redis.del(setting.key(`routes:300:${HOUR.start}`));
    expect(await answered()).toEqual([undefined, undefined]);
  });

  it('are folded in parts where there are many, and each once', async () => {
    await visit(1);
    const key = setting.key('pending-totals');
    const [element = Buffer.alloc(0)] = await setting.redis.lrangeBuffer(
      key,
      0,
      0,
    );
    for (let count = 1; count < 100; count += 1) {
      await setting.redis.rpush(key, element);
    }
    const answers = await Promise.all([answered(), answered(), answered()]);
    expect(answers).toEqual([
      [100, 100],
      [100, 100],
      [100, 100],
    ]);
    expect([await waiting(), await folded()]).toEqual([0, 100]);
  });

  it('are folded in parts where they have many buckets', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const routes = numbered('/route', 50);
    for (let batch = 0; batch < 32; batch += 1) {
      await setting.writer.append(
        ...routes.map((route) =>
          exchangeOf(user('42'), {
            timestamp: HOUR.start,
            route: `${route} of ${batch}`,
          }),
        ),
      );
    }
    vi.useRealTimers();
    await vi.waitFor(async () => {
      expect([await waiting(), await folded()]).toEqual([26, 300]);
    });
    expect(await answered()).toEqual([1600, undefined]);
    expect(setting.store.capped.routes).toBe(1100);
  });

  it('that a fold leaves over are folded though nothing comes after them', async () => {
    await visit(1);
    const key = setting.key('pending-totals');
    const [element = Buffer.alloc(0)] = await setting.redis.lrangeBuffer(
      key,
      0,
      0,
    );
    for (let count = 1; count < 40; count += 1) {
      await setting.redis.rpush(key, element);
    }
    await visit(1);
    await vi.waitFor(
      async () => {
        expect([await waiting(), await folded()]).toEqual([0, 41]);
      },
      { timeout: 10_000 },
    );
  });

  it('are counted though another program left what is none before them', async () => {
    await setting.redis.rpush(
      setting.key('pending-totals'),
      'foreign',
      '',
      '\u0001x',
    );
    await visit(3);
    expect(await answered()).toEqual([3, 3]);
    expect(await waiting()).toBe(0);
  });

  it('are a few fields of a route, as another program finds them', async () => {
    const took = (duration: number, status: number): Exchange =>
      exchangeOf(user('42'), { timestamp: HOUR.start, duration, status });
    await setting.writer.append(took(1, 200), took(1, 404), took(5, 503));
    await setting.store.readUsage(HOUR);
    const buckets = [1000, 5000].map(bucketOf);
    const routes = await setting.redis.hgetall(
      setting.key(`routes:300:${FIVE_MINUTES.start}`),
    );
    const { '1:durations': durations = '', ...counters } = routes;
    expect(durations.split(' ').toSorted()).toEqual(
      [`${buckets[0]}:2`, `${buckets[1]}:1`].toSorted(),
    );
    expect(counters).toEqual({
      'GET unmatched': '1',
      routes: '1',
      written_at: expect.stringMatching(/^\d+\.\d+$/),
      '1:requests': '3',
      '1:responses': '3',
      '1:client_errors': '1',
      '1:server_errors': '1',
      '1:duration_us': '7000',
      '1:longest_us': '5000',
    });
  });

  it.each([
    ['foreign', 1],
    ['', 1],
    ['1:7 nonsense 2:x', 2],
    ['{"1":7}', 1],
  ])('are added to %j in place of the durations', async (left, buckets) => {
    await visit(1);
    await setting.store.readUsage(HOUR);
    const key = setting.key(`usage:3600:${HOUR.start}`);
    const before = (await setting.redis.hget(key, 'durations')) ?? '';
    const [bucket = ''] = before.split(':');
    await setting.redis.hset(key, 'durations', left);
    await visit(2);
    const usage = await setting.store.readUsage(HOUR);
    expect(usage?.requests).toBe(3);
    expect(usage?.durations.get(Number(bucket))).toBe(2);
    expect(usage?.durations.size).toBe(buckets);
  });

  it('wait for no longer than totals stay', async () => {
    await visit(1);
    const ttl = await setting.redis.ttl(setting.key('pending-totals'));
    const { hours } = CONFORMANCE_POLICY.rollups;
    expect(ttl).toBeGreaterThan(hours - 10);
    expect(ttl).toBeLessThanOrEqual(hours);
  });

  it('go on waiting while Redis takes no writes, and what is there is answered', async () => {
    await visit(2);
    expect(await answered()).toEqual([2, 2]);
    await visit(3);
    await setting.redis.config('SET', 'maxmemory', '1');
    expect(await answered()).toEqual([2, 2]);
    expect([await waiting(), await folded()]).toEqual([3, 2]);
    await setting.redis.config('SET', 'maxmemory', '0');
    expect(await answered()).toEqual([5, 5]);
  });

  it('lose what a foreign type stands in the way of, and nothing else', async () => {
    await setting.redis.set(setting.key(`usage:3600:${HOUR.start}`), 'foreign');
    await visit(3);
    expect(await answered()).toEqual([undefined, 3]);
    await setting.redis.del(setting.key('pending-totals'));
    await setting.redis.set(setting.key('pending-totals'), 'foreign');
    const id = await setting.writer.sessionOf(exchangeOf(user('42')));
    expect((await setting.store.readSession(id))?.info.request_count).toBe(4);
    expect(await answered()).toEqual([undefined, 3]);
  });
});

describe('many totals that are asked for in one go', () => {
  it('are told in several calls of Redis, each in its place', async () => {
    const starts = Array.from(
      { length: 14 },
      (_, index) => HOUR.start + index * 300,
    );
    for (const [index, start] of starts.entries()) {
      await setting.redis.hset(setting.key(`clients:300:${start}`), {
        written_at: '1',
        ...Object.fromEntries(
          Array.from({ length: 1000 }, (_, client) => [
            `user:${client}`,
            `${index} 0 0 0`,
          ]),
        ),
      });
    }
    await setting.store.readClients({ length: 300, start: 0 });
    await setting.redis.config('RESETSTAT');
    const read = await Promise.all(
      starts.map((start) => setting.store.readClients({ length: 300, start })),
    );
    expect(read.map((clients) => clients.size)).toEqual(starts.map(() => 1000));
    expect(read.map((clients) => clients.get('user:999')?.requests)).toEqual([
      ...starts.keys(),
    ]);
    expect(await scriptCalls()).toBe(3);
  });

  it('are counted in several calls of Redis, each in its place', async () => {
    const groups = Array.from({ length: 20 }, (_group, index) =>
      Array.from({ length: 24 }, (_slot, hour) => ({
        length: 3600 as const,
        start: HOUR.start + (index * 24 + hour) * 3600,
      })),
    );
    for (const [index, [slot]] of groups.entries()) {
      await setting.redis.pfadd(
        setting.key(`unique:3600:${slot?.start}`),
        ...Array.from({ length: index + 1 }, (_, client) => client),
      );
    }
    await setting.store.countClients([{ length: 300, start: 0 }]);
    await setting.redis.config('RESETSTAT');
    expect(
      await Promise.all(
        groups.map((slots) => setting.store.countClients(slots)),
      ),
    ).toEqual(groups.map((_, index) => index + 1));
    expect(await scriptCalls()).toBe(2);
  });
});

describe('a reply that is none of ours', () => {
  it.each([
    '*0\r\n',
    '*1\r\n:0\r\n',
    '+OK\r\n',
    '$-1\r\n',
    '*1\r\n$1\r\nx\r\n',
  ])('makes %j an error, and spoils no count', async (reply) => {
    await visit(1);
    const proxy = await startReplyForger(setting.url);
    const store = setting.openStoreAt(proxy.url);
    try {
      expect((await store.readUsage(HOUR))?.requests).toBe(1);
      proxy.forge(reply);
      await expect(store.readUsage(HOUR)).rejects.toThrow(
        StoreUnavailableError,
      );
      proxy.forge(undefined);
      await vi.waitFor(async () =>
        expect((await store.readUsage(HOUR))?.requests).toBe(1),
      );
      expect(store.capped.routes).toBe(0);
    } finally {
      await store.close();
      proxy.stop();
    }
  });
});

/** Of scripts that Redis knows, since the statistics were reset. */
async function scriptCalls(): Promise<number> {
  const stats = await setting.redis.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
}
