import { Redis, type RedisOptions } from 'ioredis';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  afterAll,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
  vi,
} from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { type RedisServer, startRedisServer } from './redis-server.js';

let server: RedisServer;
/** Past the proxy. */
let direct: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  direct = new Redis(server.url);
});

beforeEach(async () => {
  await direct.flushall();
});

afterAll(async () => {
  direct.disconnect();
  await server.stop();
});

async function startProxy(port = server.port): Promise<FaultProxy> {
  const proxy = await startFaultProxy(port);
  onTestFinished(() => proxy.stop());
  return proxy;
}

async function redisThrough(
  proxy: FaultProxy,
  options: Omit<RedisOptions, 'replyMapping'> = {},
): Promise<Redis> {
  const redis = new Redis(proxy.url, { retryStrategy: () => 10, ...options });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  await redis.ping();
  return redis;
}

/** A bare connection and what it heard. */
interface Line {
  readonly socket: Socket;
  heard: string;
  closed: boolean;
}

async function lineTo({ port }: FaultProxy): Promise<Line> {
  const socket = connect(port, '127.0.0.1');
  const line: Line = { socket, heard: '', closed: false };
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => (line.heard += chunk.toString()));
  socket.on('close', () => (line.closed = true));
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return line;
}

describe('a proxy in front of Redis', () => {
  it('passes on large values both ways, and many at once', async () => {
    const redis = await redisThrough(await startProxy());
    const value = Buffer.alloc(3_000_000, 'abcdefg').toString();
    await redis.set('large', value);
    expect(await redis.get('large')).toBe(value);

    const counts = await Promise.all(
      Array.from({ length: 1000 }, () => redis.incr('counter')),
    );
    expect(counts).toEqual(Array.from({ length: 1000 }, (_, n) => n + 1));
  });

  it('passes on that a client is done, and the replies that follow', async () => {
    const proxy = await startProxy();
    const line = await lineTo(proxy);
    line.socket.end('PING\r\n');
    await once(line.socket, 'end');
    expect(line.heard).toBe('+PONG\r\n');
    await vi.waitFor(() => expect(proxy.connections).toBe(0));
    expect(proxy.cuts).toBe(0);
  });

  it('ends a connection when there is no Redis behind it', async () => {
    const dead = await startRedisServer();
    await dead.stop();
    const line = await lineTo(await startProxy(dead.port));
    await vi.waitFor(() => expect(line.closed).toBe(true));
  });

  it('cuts connections and takes new ones', async () => {
    const proxy = await startProxy();
    const redis = await redisThrough(proxy);
    const closed = once(redis, 'close');
    proxy.cutConnections();
    await closed;
    expect(proxy.cuts).toBe(1);
    expect(await redis.ping()).toBe('PONG');
  });

  it('drops replies to requests that Redis takes', async () => {
    const proxy = await startProxy();
    const redis = await redisThrough(proxy, { commandTimeout: 200 });
    proxy.dropReplies(true);
    await expect(redis.incr('counter')).rejects.toThrow('timed out');
    expect(await direct.get('counter')).toBe('1');
    expect(proxy.lostReplies).toBe(1);
    expect(proxy.connections).toBe(1);
  });

  it('delivers nothing behind a reply that was lost, until the cut', async () => {
    const proxy = await startProxy();
    const line = await lineTo(proxy);
    proxy.dropReplies(true);
    line.socket.write('SET first 1\r\n');
    await vi.waitFor(() => expect(proxy.lostReplies).toBe(1));
    proxy.dropReplies(false);
    line.socket.write('GET first\r\n');
    await vi.waitFor(() => expect(proxy.lostReplies).toBe(2));
    expect(line.heard).toBe('');

    proxy.cutConnections();
    await vi.waitFor(() => expect(line.closed).toBe(true));
    expect(await (await redisThrough(proxy)).get('first')).toBe('1');
  });

  it('delays each way, in order', async () => {
    const proxy = await startProxy();
    const redis = await redisThrough(proxy);
    proxy.delay([30, 40]);
    const startedAt = performance.now();
    const answers = Promise.all([redis.incr('c'), redis.incr('c')]);
    expect(await answers).toEqual([1, 2]);
    // There and back, less what timers round away.
    expect(performance.now() - startedAt).toBeGreaterThan(55);
    proxy.delay([0, 0]);
    expect(await redis.incr('c')).toBe(3);
  });

  it('holds requests back while it stalls, and then delivers them', async () => {
    const proxy = await startProxy();
    const redis = await redisThrough(proxy);
    proxy.stall(true);
    const answers = Promise.all([redis.incr('c'), redis.incr('c')]);
    // Written before this round trip, so they would be there by now.
    await direct.ping();
    expect(await direct.exists('c')).toBe(0);
    expect(proxy.connections).toBe(1);
    proxy.stall(false);
    expect(await answers).toEqual([1, 2]);
  });

  it('holds a reply back that comes while it stalls', async () => {
    const proxy = await startProxy();
    const line = await lineTo(proxy);
    line.socket.write('BLPOP jobs 0\r\n');
    await vi.waitFor(async () =>
      expect(await direct.client('LIST')).toContain('cmd=blpop'),
    );
    proxy.stall(true);
    await direct.rpush('jobs', 'one');
    await direct.ping();
    expect(line.heard).toBe('');
    proxy.stall(false);
    await vi.waitFor(() => expect(line.heard).toContain('one'));
  });

  it('refuses new connections and leaves old ones', async () => {
    const proxy = await startProxy();
    const redis = await redisThrough(proxy);
    proxy.refuse(true);
    const refused = connect(proxy.port, '127.0.0.1');
    const failed = vi.fn<(error: Error) => void>();
    refused.on('error', failed);
    await new Promise((resolve) => refused.once('close', resolve));
    expect(failed).toHaveBeenCalledOnce();
    expect(await redis.ping()).toBe('PONG');
    proxy.refuse(false);
    expect(await (await redisThrough(proxy)).ping()).toBe('PONG');
  });

  it('closes everything when it stops, stalled or not', async () => {
    const proxy = await startProxy();
    const lines = [await lineTo(proxy), await lineTo(proxy)];
    await vi.waitFor(() => expect(proxy.connections).toBe(2));
    proxy.stall(true);
    lines.forEach(({ socket }) => socket.write('PING\r\n'));
    await proxy.stop();
    expect(proxy.connections).toBe(0);
    await vi.waitFor(() =>
      expect(lines.every(({ closed }) => closed)).toBe(true),
    );
    const late = connect(proxy.port, '127.0.0.1');
    await expect(once(late, 'connect')).rejects.toThrow('ECONNREFUSED');
    await proxy.stop();
  });
});

/** Round trips until a connection dies, for each of some connections in turn. */
async function lifetimes(seed: number): Promise<number[]> {
  const proxy = await startProxy();
  proxy.chaos({
    seed,
    cutProbability: 0.1,
    dropReplyThenCutProbability: 0.1,
    delayMs: [0, 1],
  });
  const lives: number[] = [];
  while (lives.length < 8) {
    const line = await lineTo(proxy);
    let trips = 0;
    while (!line.closed) {
      line.heard = '';
      line.socket.write('PING\r\n');
      await vi.waitFor(
        () => expect(line.closed || line.heard === '+PONG\r\n').toBe(true),
        { interval: 1 },
      );
      trips += line.heard === '+PONG\r\n' ? 1 : 0;
    }
    lives.push(trips);
  }
  return lives;
}

describe('chaos', () => {
  it('does the same for the same seed, and something else for another', async () => {
    const first = await lifetimes(7);
    expect(await lifetimes(7)).toEqual(first);
    expect(await lifetimes(8)).not.toEqual(first);
  });

  it('leaves Redis with as much as was acknowledged, or more', async () => {
    const proxy = await startProxy();
    const redis = await redisThrough(proxy, {
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
    });
    proxy.chaos({
      seed: 3,
      cutProbability: 0.05,
      dropReplyThenCutProbability: 0.1,
    });
    let acknowledged = 0;
    for (let attempt = 0; attempt < 200; attempt += 1) {
      acknowledged += await redis.incr('counter').then(
        () => 1,
        () => 0,
      );
    }
    proxy.chaos(null);
    const stored = Number(await direct.get('counter'));
    expect(proxy.cuts).toBeGreaterThan(0);
    expect(proxy.lostReplies).toBeGreaterThan(0);
    expect(stored).toBeGreaterThan(acknowledged);
    expect(stored).toBeLessThan(200);
  });

  it('ends with null', async () => {
    const proxy = await startProxy();
    proxy.chaos({ seed: 1, cutProbability: 1 });
    const doomed = await lineTo(proxy);
    doomed.socket.write('PING\r\n');
    await vi.waitFor(() => expect(doomed.closed).toBe(true));
    proxy.chaos(null);
    expect(await (await redisThrough(proxy)).ping()).toBe('PONG');
  });
});
