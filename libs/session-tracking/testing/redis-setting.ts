import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { RedisConnections } from '../src/store/redis/connection/redis-connections.js';
import { RedisSessionStore } from '../src/store/redis/redis-session-store.js';
import { floorTo } from '../src/model/totals/time-slot.js';
import type { StorePolicy } from '../src/store/session-store.js';
import { TestWriter } from './record-builders.js';
import { startRedisServer } from './redis-server.js';
import { CONFORMANCE_POLICY } from './session-store-conformance.js';

/** What a test finds: a store, who writes to it, and a prefix that nobody used before. */
class CurrentTest {
  readonly prefix = newPrefix();
  readonly opened: RedisSessionStore[] = [];
}

/**
 * A Redis for the tests of a file, and for each test a store of its own. To be made at the top of the
 * file, by `useRedis`.
 */
export class RedisSetting {
  private server: Awaited<ReturnType<typeof startRedisServer>> | undefined;
  private client: Redis | undefined;
  private test = new CurrentTest();
  private currentStore: RedisSessionStore | undefined;
  private currentWriter: TestWriter | undefined;

  /** Another program that reads and writes the same Redis. */
  get redis(): Redis {
    return running(this.client);
  }

  get prefix(): string {
    return this.test.prefix;
  }

  get store(): RedisSessionStore {
    return running(this.currentStore);
  }

  get writer(): TestWriter {
    return running(this.currentWriter);
  }

  /** Key under the prefix of the test, such as `key('user:42')`. */
  key(rest: string): string {
    return `${this.prefix}:session:${rest}`;
  }

  /** Goes on with a store of another policy over the same data. */
  use(policy: Partial<StorePolicy>): void {
    this.currentStore = this.openStore(policy);
    this.currentWriter = new TestWriter(this.currentStore);
  }

  get url(): string {
    return running(this.server).url;
  }

  openStore(
    policy: Partial<StorePolicy> = {},
    keyPrefix = this.prefix,
  ): RedisSessionStore {
    return this.opened(
      new RedisSessionStore(connectionsTo(this.url), keyPrefix, {
        ...CONFORMANCE_POLICY,
        ...policy,
      }),
    );
  }

  /** A store of the same data that goes another way, or with less patience. */
  openStoreAt(url: string, timeoutMs?: number): RedisSessionStore {
    return this.opened(
      new RedisSessionStore(
        connectionsTo(url, timeoutMs),
        this.prefix,
        CONFORMANCE_POLICY,
      ),
    );
  }

  private opened(store: RedisSessionStore): RedisSessionStore {
    this.test.opened.push(store);
    return store;
  }

  /** Makes everything under a prefix as old as if that much time had passed. */
  async age(
    keyPrefix: string,
    seconds: number,
    { sessionTtlSeconds, retentionSeconds }: StorePolicy = CONFORMANCE_POLICY,
  ): Promise<void> {
    const sliceLength = Math.ceil(
      Math.max(sessionTtlSeconds, retentionSeconds) / 64,
    );
    const expiryKey = `${keyPrefix}:session:expiry`;
    // Slices of the request index are renamed, each to where the one before it was.
    for (const key of (await this.redis.keys(`${keyPrefix}:*`)).toSorted()) {
      const type = await this.redis.type(key);
      if (key === expiryKey && type === 'zset') {
        for (const member of await this.redis.zrange(expiryKey, '0', '-1')) {
          await this.redis.zincrby(expiryKey, -seconds, member);
        }
      }
      if (key.endsWith(':info') && type === 'hash') {
        await this.redis.hincrby(key, 'expiry_renewed_at', -seconds);
        await this.redis.hincrby(key, 'indexed_at', -seconds);
      }
      const ttl = await this.redis.pttl(key);
      if (ttl > 0) {
        // What falls to zero or below goes at once.
        await this.redis.pexpire(key, ttl - seconds * 1000);
      }
      const [, slice, shard] = /:request:(\d+):(\d)$/.exec(key) ?? [];
      if (slice !== undefined && ttl > seconds * 1000) {
        const earlier = floorTo(Number(slice) - seconds, sliceLength);
        await this.redis.rename(
          key,
          `${keyPrefix}:session:request:${earlier}:${shard}`,
        );
      }
    }
  }

  /** Every key under the prefix with its type. */
  async keyTypes(): Promise<Record<string, string>> {
    const types: Record<string, string> = {};
    for (const key of (await this.redis.keys(`${this.prefix}:*`)).toSorted()) {
      types[key.slice(this.key('').length)] = await this.redis.type(key);
    }
    return types;
  }

  async start(): Promise<void> {
    this.server = await startRedisServer();
    this.client = new Redis(this.server.url);
  }

  begin(): void {
    this.test = new CurrentTest();
    this.use({});
  }

  async end(): Promise<void> {
    await Promise.all(this.test.opened.map((store) => store.close()));
  }

  async stop(): Promise<void> {
    this.client?.disconnect();
    await this.server?.stop();
  }
}

/** Starts a Redis before the tests of the file and stops it after them. */
export function useRedis(): RedisSetting {
  const setting = new RedisSetting();
  beforeAll(() => setting.start());
  beforeEach(() => setting.begin());
  afterEach(() => setting.end());
  afterAll(() => setting.stop());
  return setting;
}

export function newPrefix(): string {
  return `t${randomUUID().slice(0, 8)}`;
}

/** Whether a key counts what happened, or finds it again, and holds no record. */
export function isTotal(key: string): boolean {
  return /(?:^|:session:)(?:(?:usage|routes|clients|unique|request):|(?:client-slots|pending-totals)$)/.test(
    key,
  );
}

function running<T>(part: T | undefined): T {
  if (part === undefined) {
    throw new Error('A Redis of useRedis() is there only while a test runs.');
  }
  return part;
}

function connectionsTo(url: string, timeoutMs = 5000): RedisConnections {
  return new RedisConnections(() => Promise.resolve(url), {
    writer: timeoutMs,
    reader: timeoutMs,
  });
}
