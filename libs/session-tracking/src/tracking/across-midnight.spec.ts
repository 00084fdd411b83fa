import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { DEFAULT_REDACTION } from '../../testing/record-builders.js';
import { RecordingLog } from '../../testing/recording-log.js';
import { useRedis } from '../../testing/redis-setting.js';
import { CONFORMANCE_POLICY } from '../../testing/session-store-conformance.js';
import { dayAfter, endOfDay } from '../model/clients/salt-days.js';
import type { RedisSessionStore } from '../store/redis/redis-session-store.js';
import { AuditLog } from './audit-log.js';
import { SaltRotation } from './salt-rotation.js';
import { SessionTracker } from './session-tracker.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const ADDRESS = '203.0.113.7';
const POLICY = {
  ...CONFORMANCE_POLICY,
  sessionTtlSeconds: 3600,
  maxSessionSeconds: 3600,
};

const setting = useRedis();

/** An instance of an app, as far as sessions of addresses go. */
class Instance {
  readonly store: RedisSessionStore;
  readonly rotation: SaltRotation;
  private readonly tracker: SessionTracker;

  constructor(keyPrefix: string, clock: FakeClock) {
    const log = new RecordingLog();
    this.store = setting.openStore(POLICY, keyPrefix);
    this.rotation = new SaltRotation(
      this.store,
      POLICY.maxSessionSeconds,
      clock,
      log,
    );
    this.tracker = new SessionTracker(
      this.store,
      {
        ...DEFAULT_REDACTION,
        flush: { intervalMs: 50, maxBatch: 500, maxQueue: 100 },
        sampling: { rate: 1, keepErrors: true, keepSlowMs: 1000 },
      },
      this.rotation.addresses,
      clock,
      log,
      new AuditLog(log),
    );
  }

  /** Records a request from the address; answers the session's id. */
  async visit(): Promise<string> {
    const recorded = this.tracker.recordRequest(
      { ip: ADDRESS },
      { path: '/', method: 'GET', request_id: randomUUID() },
    );
    await this.tracker.flush();
    return recorded;
  }

  lookUp(): Promise<string | null> {
    return this.tracker.getSessionId({ ip: ADDRESS });
  }

  erase(): ReturnType<SessionTracker['eraseClient']> {
    return this.tracker.eraseClient({ ip: ADDRESS });
  }

  addressOf(sessionId: string): Promise<string | undefined> {
    return this.store
      .readSession(sessionId)
      .then((history) => history?.info.client_ip);
  }

  async close(): Promise<void> {
    this.rotation.stop();
    await this.tracker.close(0);
    await this.store.close();
  }
}

/** Two instances a minute before a midnight to come, which Redis' own clock has not seen either. */
async function beforeMidnight(
  story: (
    one: Instance,
    other: Instance,
    clock: FakeClock,
    saltKey: string,
  ) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const day = dayAfter(Date.now());
  await clock.advance(endOfDay(day) - MINUTE_MS - clock.now());
  const prefix = `midnight-${randomUUID().slice(0, 8)}`;
  const instances = [
    new Instance(prefix, clock),
    new Instance(prefix, clock),
  ] as const;
  try {
    await Promise.all(instances.map(({ rotation }) => rotation.start()));
    await story(...instances, clock, `${prefix}:session:salt:${day}`);
  } finally {
    await Promise.all(instances.map((instance) => instance.close()));
  }
}

it('a session goes on across midnight, then nothing leads back to it', () =>
  beforeMidnight(async (one, other, clock, saltKey) => {
    const id = await one.visit();
    expect(await other.visit()).toBe(id);

    await clock.advance(2 * MINUTE_MS);
    expect(await one.visit()).toBe(id);
    expect(await other.visit()).toBe(id);
    expect(await one.lookUp()).toBe(id);
    expect(await other.lookUp()).toBe(id);
    const oldName = await one.addressOf(id);
    expect(oldName).toMatch(/^hash:/);
    expect(one.rotation.addresses.former(ADDRESS)).toBe(oldName);

    expect(await setting.redis.expiretime(saltKey)).toBe(
      (clock.now() - MINUTE_MS + HOUR_MS) / 1000,
    );
    await clock.advance(HOUR_MS);
    await vi.waitFor(() => {
      for (const { rotation } of [one, other]) {
        expect(rotation.addresses.former(ADDRESS)).toBeUndefined();
      }
    });
    expect(await one.lookUp()).toBeNull();
    const next = await one.visit();
    expect(next).not.toBe(id);
    expect(await other.visit()).toBe(next);
    expect(await other.addressOf(next)).toMatch(/^hash:/);
    expect(await other.addressOf(next)).not.toBe(oldName);
  }));

it('an erasure after midnight takes what came before and after it', () =>
  beforeMidnight(async (one, other, clock) => {
    const id = await one.visit();
    await clock.advance(2 * MINUTE_MS);
    await other.visit();
    const names = [
      await one.addressOf(id),
      one.rotation.addresses.anonymize(ADDRESS),
    ];
    expect(await other.erase()).toEqual({
      erased_sessions: 1,
      erased_requests: 2,
      erased_responses: 0,
    });
    expect(await one.lookUp()).toBeNull();
    expect(await one.store.readSession(id)).toBeNull();
    const keys = await setting.redis.keys('*');
    for (const name of names) {
      expect(name).toMatch(/^hash:/);
      expect(keys.filter((key) => key.includes(String(name)))).toEqual([]);
    }
  }));
