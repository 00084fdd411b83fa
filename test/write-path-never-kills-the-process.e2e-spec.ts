import {
  InvalidRecordError,
  type NewRequest,
  type NewResponse,
  type TrackerStats,
} from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { freshKeyPrefix, PLATFORMS } from './support/boot-test-app.js';
import { HttpClient } from './support/http-client.js';
import { redisForTests } from './support/redis-for-tests.js';
import { StoredSessions } from './support/stored-sessions.js';
import { type HostProcess, startHosts } from './support/write-path-child.js';
import {
  type FakeRedis,
  NONSENSE,
  startFakeRedis,
} from './support/write-path-fake-redis.js';
import type { HostSettings } from './support/write-path-host.js';
import { startTracking } from './support/write-path-tracking.js';

const redis = redisForTests();

/** One of the apps of a process. */
class AppOfProcess {
  readonly http: HttpClient;

  constructor(
    private readonly host: HostProcess,
    private readonly position: number,
    private readonly stored: StoredSessions,
  ) {
    this.http = new HttpClient(host.urls[position] ?? '');
    onTestFinished(() => this.http.close());
  }

  async stats(): Promise<TrackerStats> {
    const state = (await this.host.states())[this.position];
    if (state === undefined) {
      throw new Error(this.host.output());
    }
    return state.stats;
  }

  /** Asks for each of some paths, checks the status, and that all of them get stored. */
  async askAll(paths: readonly string[], status: number): Promise<void> {
    const before = (await this.stats()).stored;
    for (const path of paths) {
      expect(await this.http.get(path)).toMatchObject({ status });
    }
    await vi.waitFor(
      async () =>
        expect((await this.stats()).stored).toBe(before + 2 * paths.length),
      { timeout: 5000 },
    );
    const exchanges = await this.stored.exchanges();
    for (const path of paths) {
      expect(exchanges.map(({ request }) => request.path)).toContain(path);
    }
  }
}

async function start(
  apps: Pick<HostSettings, 'platform' | 'hostile'>[],
  furtherRedisUrls: string[] = [],
) {
  const settings = apps.map((app) => ({
    ...app,
    redisUrl: redis.url,
    keyPrefix: freshKeyPrefix(),
  }));
  const host = await startHosts({ apps: settings, furtherRedisUrls });
  return {
    host,
    apps: settings.map(({ keyPrefix }, position) => {
      const stored = new StoredSessions(redis.url, keyPrefix);
      onTestFinished(() => stored.close());
      return new AppOfProcess(host, position, stored);
    }),
  };
}

/** The process is alive, and nothing but the signal ends it. */
async function expectAlive(host: HostProcess): Promise<void> {
  for (const { stats } of await host.states()) {
    expect(stats.accepted).toBe(stats.stored + stats.dropped + stats.queued);
  }
  host.terminate();
  expect(await host.exited, host.output()).toBe('SIGTERM');
  expect(host.output()).not.toMatch(/uncaught|unhandled/i);
}

/** What `identifyUser` and `clientIp` of the hostile app do with such a path. */
const BEHAVIOURS = [
  'throws',
  'throws-nothing',
  'rejects-later',
  'is-a-symbol',
  'is-an-object',
  'is-a-proxy',
];

/** Subscribers of the hostile app that throw at every record, not only at the first. */
const SUBSCRIBERS = 5;

describe("the host's own code", () => {
  it('may throw, wherever it is called', async () => {
    const { host, apps } = await start(
      PLATFORMS.flatMap((platform) => [
        { platform, hostile: 'callbacks' },
        { platform, hostile: 'user' },
      ]),
    );
    for (const [position, app] of apps.entries()) {
      if (position % 2 === 0) {
        const ordinary = ['/hostile/one', '/hostile/two'];
        await app.askAll(ordinary, 200);
        await vi.waitFor(async () =>
          expect((await app.stats()).callbackErrors).toBeGreaterThanOrEqual(
            2 * ordinary.length * SUBSCRIBERS,
          ),
        );
        const { callbackErrors } = await app.stats();
        const asked = BEHAVIOURS.map((behaviour) => `/hostile/${behaviour}`);
        await app.askAll(asked, 200);
        // Two callbacks, of which three ways of behaving are errors.
        expect((await app.stats()).callbackErrors).toBeGreaterThanOrEqual(
          callbackErrors + 2 * asked.length * SUBSCRIBERS + 2 * 3,
        );
        await app.askAll(
          ['undefined', 'null', 'text', 'bare', 'getters', 'proxy'].map(
            (what) => `/hostile/throws/${what}`,
          ),
          500,
        );
      } else {
        await app.askAll(['/hostile/one', '/hostile/two'], 200);
        expect((await app.stats()).callbackErrors).toBe(2);
      }
    }
    await expectAlive(host);
  });
});

describe('what calls itself Redis', () => {
  it('may answer anything', async () => {
    const fakes: FakeRedis[] = [];
    for (const [name, nonsense] of Object.entries(NONSENSE)) {
      for (const shakesHands of [true, false]) {
        const fake = await startFakeRedis(name, nonsense, shakesHands);
        onTestFinished(() => fake.stop());
        fakes.push(fake);
      }
    }
    const { host, apps } = await start(
      [{ platform: 'express' }],
      fakes.map(({ url }) => url),
    );
    await vi.waitFor(
      () => {
        const unheard = fakes.filter(({ nonsense }) => nonsense < 3);
        expect(unheard.map(({ name }) => name)).toEqual([]);
      },
      { timeout: 15_000 },
    );
    await apps[0]?.askAll(['/hostile/one', '/hostile/two'], 200);
    await expectAlive(host);
  });

  it.each([
    'ok',
    'a number',
    'nothing',
    'an array',
    'an empty text',
    'a text that is no confirmation',
    'a confirmation of another batch',
  ])('does not confirm a batch with %s', async (name) => {
    const fake = await startFakeRedis(name, NONSENSE[name] ?? '', true);
    onTestFinished(() => fake.stop());
    const { tracker } = await startTracking(fake.url, {
      flush: { intervalMs: 5, timeoutMs: 100, shutdownMs: 0 },
    });
    void tracker
      .recordRequest({ ip: '192.0.2.1' }, { path: '/', method: 'GET' })
      .catch(() => undefined);
    await vi.waitFor(() => expect(fake.nonsense).toBeGreaterThan(2), {
      timeout: 5000,
    });
    expect(tracker.stats()).toMatchObject({
      accepted: 1,
      stored: 0,
      queued: 1,
      storeAvailable: false,
    });
  });
});

describe('what calls itself Redis, asked for the salt of addresses', () => {
  it.each(['a number', 'an array', 'nothing', 'an error', 'the end'])(
    'stops nothing with %s',
    async (name) => {
      const fake = await startFakeRedis(name, NONSENSE[name] ?? '', true);
      onTestFinished(() => fake.stop());
      const { tracker } = await startTracking(fake.url, {
        anonymizeIp: 'hash',
        flush: { intervalMs: 5, timeoutMs: 100, shutdownMs: 0 },
      });
      expect(fake.nonsense).toBeGreaterThan(0);
      void tracker
        .recordRequest({ ip: '192.0.2.1' }, { path: '/', method: 'GET' })
        .catch(() => undefined);
      expect(tracker.stats()).toMatchObject({ accepted: 1, queued: 1 });
    },
  );
});

/** What a host without types may give. */
const BAD_REQUESTS: unknown[] = [
  { method: 'GET' },
  { path: '/' },
  { path: 7, method: 'GET' },
  { path: '/', method: 'GET', timestamp: Number.NaN },
  { path: '/', method: 'GET', timestamp: Number.POSITIVE_INFINITY },
  { path: '/', method: 'GET', request_id: {} },
];
const BAD_RESPONSES: unknown[] = [
  -1,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e30,
  'soon',
  undefined,
].map((duration_ms) => ({ request_id: 'r', status_code: 200, duration_ms }));

describe('a record that cannot be stored', () => {
  it('is refused alone, and counted nowhere', async () => {
    const { tracker } = await startTracking(redis.url);
    const client = { ip: '192.0.2.1' };
    const good = (): Promise<string> =>
      tracker.recordRequest(client, { path: '/good', method: 'GET' });
    const stored = [good()];
    for (const bad of BAD_REQUESTS) {
      await expect(
        Promise.resolve(tracker.recordRequest(client, bad as NewRequest)),
      ).rejects.toThrow(InvalidRecordError);
      stored.push(good());
    }
    for (const bad of BAD_RESPONSES) {
      await expect(
        Promise.resolve(tracker.recordResponse(client, bad as NewResponse)),
      ).rejects.toThrow(InvalidRecordError);
      stored.push(good());
    }
    await tracker.flush();
    const [id = ''] = new Set(await Promise.all(stored));
    const history = await tracker.getSessionHistory(id);
    expect(history?.requests).toHaveLength(stored.length);
    expect(tracker.stats()).toMatchObject({
      accepted: stored.length,
      stored: stored.length,
      dropped: 0,
      queued: 0,
      failedAttempts: 0,
    });
  });
});
