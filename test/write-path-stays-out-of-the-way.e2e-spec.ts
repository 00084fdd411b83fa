import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type RedisServer,
  type RedisServerOptions,
  startRedisServer,
} from '../libs/session-tracking/testing/redis-server.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { sendRaw } from './support/raw-http.js';
import {
  countStored,
  LoadController,
  SteadyLoad,
} from './support/write-path-load.js';
import { startMortalLink } from './support/write-path-mortal-link.js';
import {
  drained,
  failedAgain,
  MEASURING_SLACK_MS,
  RESUME_LIMIT_MS,
} from './support/write-path-tracking.js';

/** Records per app that may wait; less than comes in during a fault. */
const MAX_QUEUE = 300;

/** What a request may take: far less than any time limit of the write path. */
const ANSWER_LIMIT_MS = 250;

async function startServer(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedisServer(options);
  onTestFinished(() => server.stop());
  return server;
}

function operator(url: string): Redis {
  const client = new Redis(url);
  client.on('error', () => undefined);
  onTestFinished(() => client.disconnect());
  return client;
}

/** The same app on both platforms, each asked without end. */
class LoadedApps {
  readonly apps: TestApp[] = [];
  private loads: SteadyLoad[] = [];

  static async start(url: string, readUrl = url): Promise<LoadedApps> {
    const loaded = new LoadedApps();
    for (const platform of PLATFORMS) {
      loaded.apps.push(
        await bootTestApp(platform)
          .onRedis({ url: readUrl })
          .tracking({
            redis: { url },
            maxRecordsPerSession: 100_000,
            flush: { intervalMs: 20, maxQueue: MAX_QUEUE, timeoutMs: 300 },
          })
          .controllers(LoadController)
          .start(),
      );
    }
    loaded.loads = loaded.apps.map((app) => new SteadyLoad(app));
    return loaded;
  }

  each(check: (app: TestApp) => Promise<void>): Promise<void[]> {
    return Promise.all(this.apps.map(check));
  }

  /** Waits until each app has been answered so many times more. */
  async answeredMore(requests: number): Promise<void> {
    const targets = this.loads.map(({ answered }) => answered + requests);
    await vi.waitFor(
      () =>
        this.loads.forEach(({ answered }, position) =>
          expect(answered).toBeGreaterThan(targets[position] ?? 0),
        ),
      { timeout: 10_000 },
    );
  }

  /** Waits until tracking fails and the queue has been too short for what came. */
  async suffer(): Promise<void> {
    await this.each(async ({ tracker }) => {
      await failedAgain(tracker, 3);
      await vi.waitFor(
        () => expect(tracker.stats().dropped).toBeGreaterThan(0),
        { timeout: 10_000 },
      );
    });
  }

  /**
   * To be called at the moment of the cure. Waits until tracking has resumed, ends the load, and gives
   * back every promise that was broken meanwhile.
   */
  async complaints(): Promise<string[]> {
    const resumedMs = await this.resume();
    await this.answeredMore(20);
    const complaints = await Promise.all(
      this.loads.map((load) => load.stop()),
    ).then((wrong) => wrong.flat());
    if (resumedMs > RESUME_LIMIT_MS + MEASURING_SLACK_MS) {
      complaints.push(`Tracking resumed only after ${resumedMs} ms.`);
    }
    for (const { longestQueue, p95Ms } of this.loads) {
      if (longestQueue > MAX_QUEUE) {
        complaints.push(`${longestQueue} records waited.`);
      }
      if (p95Ms > ANSWER_LIMIT_MS) {
        complaints.push(`Answers took ${p95Ms} ms.`);
      }
    }
    for (const app of this.apps) {
      await drained(app.tracker);
      const { accepted, stored, dropped } = app.tracker.stats();
      const found = await countStored(app);
      if (accepted !== stored + dropped || stored !== found) {
        complaints.push(
          `${accepted} accepted, ${stored} stored, ${dropped} dropped, ${found} found.`,
        );
      }
    }
    return complaints;
  }

  /** Milliseconds until both apps have stored something again. */
  private async resume(): Promise<number> {
    const curedAt = performance.now();
    const storedAt = this.apps.map(({ tracker }) => tracker.stats().stored);
    await Promise.all(
      this.apps.map(({ tracker }, position) =>
        vi.waitFor(
          () => {
            const { stored, storeAvailable } = tracker.stats();
            expect(storeAvailable).toBe(true);
            expect(stored).toBeGreaterThan(storedAt[position] ?? 0);
          },
          { timeout: 12_000, interval: 5 },
        ),
      ),
    );
    return performance.now() - curedAt;
  }
}

describe('requests are answered and tracking resumes by itself', () => {
  it('when Redis is down at the start', async () => {
    const server = await startServer();
    await server.kill();
    const loaded = await LoadedApps.start(server.url);
    await loaded.suffer();
    await server.restart();
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when Redis is killed under load', async () => {
    const server = await startServer({ appendonly: true });
    const loaded = await LoadedApps.start(server.url);
    await loaded.answeredMore(50);
    await server.kill();
    await loaded.suffer();
    await server.restart();
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when Redis is frozen', async () => {
    const server = await startServer();
    const loaded = await LoadedApps.start(server.url);
    await loaded.answeredMore(50);
    server.pause();
    await loaded.suffer();
    server.resume();
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when the host of Redis is gone and another takes its address', async () => {
    const server = await startServer();
    const link = await startMortalLink(server.port);
    onTestFinished(() => link.stop());
    const loaded = await LoadedApps.start(link.url, server.url);
    await loaded.answeredMore(50);
    link.die();
    await loaded.suffer();
    link.revive();
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when Redis may take no more memory', async () => {
    const server = await startServer();
    const loaded = await LoadedApps.start(server.url);
    await loaded.answeredMore(50);
    await operator(server.url).config('SET', 'maxmemory', '1');
    await loaded.suffer();
    await operator(server.url).config('SET', 'maxmemory', '0');
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when the disk of Redis takes nothing', async () => {
    const server = await startServer();
    const loaded = await LoadedApps.start(server.url);
    await loaded.answeredMore(50);
    const admin = operator(server.url);
    // With a save point it would refuse to end in peace, should the test fail before the cure.
    onTestFinished(() => server.kill());
    // A snapshot cannot be written into a directory that is gone; Redis then refuses writes.
    rmSync(server.dir, { recursive: true });
    await admin.config('SET', 'save', '3600 1000000');
    await admin.bgsave();
    await loaded.suffer();
    await admin.config('SET', 'save', '');
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when Redis is a read-only replica', async () => {
    const master = await startServer();
    const replica = await startServer({
      args: ['--replicaof', '127.0.0.1', String(master.port)],
    });
    const loaded = await LoadedApps.start(replica.url);
    await loaded.suffer();
    await operator(replica.url).replicaof('NO', 'ONE');
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when the password is wrong', async () => {
    const server = await startServer({ args: ['--requirepass', 'right'] });
    const admin = operator(`redis://:right@127.0.0.1:${server.port}`);
    const loaded = await LoadedApps.start(
      `redis://:wrong@127.0.0.1:${server.port}`,
    );
    await loaded.suffer();
    await admin.config('SET', 'requirepass', 'wrong');
    expect(await loaded.complaints()).toEqual([]);
  });

  it('when Redis is still loading its data', async () => {
    const server = await startServer({
      appendonly: true,
      // Every key takes 1.5 ms to load, and questions are answered meanwhile.
      args: [
        '--key-load-delay',
        '1500',
        '--loading-process-events-interval-bytes',
        '1024',
      ],
    });
    const admin = operator(server.url);
    const filling = admin.pipeline();
    for (let key = 0; key < 1500; key += 1) {
      filling.set(`ballast:${key}`, 'x'.repeat(100));
    }
    await filling.exec();
    await admin.bgrewriteaof();
    await vi.waitFor(
      async () =>
        expect(await admin.info('persistence')).toMatch(
          /aof_rewrite_in_progress:0[^]*aof_base_size:[1-9]/,
        ),
      { timeout: 5000 },
    );
    const loaded = await LoadedApps.start(server.url);
    await loaded.answeredMore(50);
    await server.kill();
    // Settles when Redis answers, which it does not while it loads.
    const loading = server.restart();
    await vi.waitFor(
      async () =>
        expect(await sendRaw(server.port, 'PING\r\nQUIT\r\n')).toContain(
          '-LOADING',
        ),
      { timeout: 5000 },
    );
    await loaded.suffer();
    await loading;
    expect(await loaded.complaints()).toEqual([]);
  });
});
