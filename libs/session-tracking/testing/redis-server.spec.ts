import { Redis } from 'ioredis';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type RedisServer, startRedisServer } from './redis-server.js';

let server: RedisServer | undefined;
let redis: Redis | undefined;

afterEach(async () => {
  redis?.disconnect();
  await server?.stop();
});

describe('a redis-server of a test', () => {
  it('answers, and is gone with its files after stop', async () => {
    server = await startRedisServer();
    redis = new Redis(server.url, { retryStrategy: () => null });
    redis.on('error', () => undefined);
    expect(await redis.ping()).toBe('PONG');

    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
    await expect(redis.ping()).rejects.toThrow();
  });

  it('keeps its data through a crash and a restart with appendonly', async () => {
    server = await startRedisServer({ appendonly: true });
    redis = new Redis(server.url, { retryStrategy: () => 20 });
    redis.on('error', () => undefined);
    await redis.set('kept', 'yes');

    await server.kill();
    await server.restart();
    expect(await redis.get('kept')).toBe('yes');
  });

  it('answers nothing while it is paused', async () => {
    server = await startRedisServer();
    redis = new Redis(server.url, { commandTimeout: 100 });
    expect(await redis.ping()).toBe('PONG');

    server.pause();
    await expect(redis.ping()).rejects.toThrow('timed out');
    server.resume();
    expect(await redis.ping()).toBe('PONG');
  });

  it('says what is wrong when it cannot start', async () => {
    await expect(
      startRedisServer({ args: ['--no-such-setting', '1'] }),
    ).rejects.toThrow('no-such-setting');
  });
});
