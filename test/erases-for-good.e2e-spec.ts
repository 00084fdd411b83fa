import type { ClientExport, ErasureReport } from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ADMIN } from './support/admin-api.js';
import {
  bootTestApp,
  freshKeyPrefix,
  PLATFORMS,
  type Platform,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { ThingsController } from './support/shop.controllers.js';
import type { Answer } from './support/http-client.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';
import { wholeRedis } from './support/whole-redis.js';

const redis = redisForTests();

const ROUNDS = 5;
const ALICE = 'alice-in-chains';
/** No part of it is found in Redis by chance. */
const ADDRESS = '203.0.113.147';

/** How a client is told from others, and what must be found nowhere once it is erased. */
interface Erasable {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly trace: string;
  readonly path: string;
}

const CLIENTS: readonly Erasable[] = [
  {
    name: 'a user',
    headers: asUser({ id: ALICE }),
    trace: ALICE,
    path: `users/${ALICE}`,
  },
  {
    name: 'an address',
    headers: { 'x-forwarded-for': ADDRESS },
    trace: ADDRESS,
    path: `ips/${ADDRESS}`,
  },
];

/** A client that never pauses: some requests at a time, each with an id of its own. */
class Traffic {
  private isOn = true;
  private count = 0;
  private readonly loops: Promise<void>[];

  constructor(
    private readonly app: TestApp,
    private readonly name: string,
    private readonly headers: Record<string, string>,
  ) {
    this.loops = [1, 2, 3].map((number) => this.keepSending(number));
    onTestFinished(async () => {
      await this.stop();
    });
  }

  /** Waits until so many requests more have been answered. */
  async goesOn(requests: number): Promise<void> {
    const target = this.count + requests;
    await vi.waitFor(() => expect(this.count).toBeGreaterThanOrEqual(target), {
      timeout: 10_000,
      interval: 2,
    });
  }

  /** Ends it; answers how many requests there were. */
  async stop(): Promise<number> {
    this.isOn = false;
    await Promise.all(this.loops);
    return this.count;
  }

  private async keepSending(loop: number): Promise<void> {
    for (let number = 1; this.isOn; number += 1) {
      await this.app.http.get(number % 3 === 0 ? '/orders/missing' : '/cart', {
        ...this.headers,
        'x-request-id': `${this.name}-${loop}-${number}`,
      });
      this.count += 1;
    }
  }
}

function shop(platform: Platform, keyPrefix: string) {
  return bootTestApp(platform)
    .onRedis(redis)
    .tracking({ keyPrefix, flush: { intervalMs: 5 } })
    .trustProxy('loopback')
    .controllers(CartController, ThingsController)
    .globalGuard(HeaderUserGuard);
}

function erase(app: TestApp, path: string): Promise<Answer> {
  return app.http.send('DELETE', `/admin/analytics/${path}`, {
    headers: ADMIN,
  });
}

/** Waits until so many requests have been taken in, and stores them. */
async function storeAll(app: TestApp, requests: number): Promise<void> {
  await vi.waitFor(
    () => expect(app.tracker.stats().accepted).toBe(requests * 2),
    { timeout: 5000, interval: 2 },
  );
  await app.tracker.flush();
}

/** Every key and every value of the whole server. */
function everythingInRedis(app: TestApp): Promise<string> {
  return wholeRedis(app.stored.redis);
}

async function idsHeld(app: TestApp): Promise<string[]> {
  const exchanges = await app.stored.exchanges();
  return exchanges.map(({ request }) => request.request_id).toSorted();
}

function expectToAddUp({ tracker }: TestApp): void {
  const { accepted, stored, dropped, queued, ...rest } = tracker.stats();
  expect(stored + dropped + queued).toBe(accepted);
  expect(rest.droppedErased).toBe(dropped);
}

/** Many requests at once that begin after everything before; answers their ids. */
async function sendNow(
  app: TestApp,
  name: string,
  headers: Record<string, string>,
): Promise<string[]> {
  const ids = Array.from({ length: 20 }, (_, index) => `${name}-${index}`);
  const answers = await Promise.all(
    ids.map((id) => app.http.get('/cart', { ...headers, 'x-request-id': id })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  return ids;
}

/** Two instances of one application over an empty Redis. */
async function startTwo(
  platform: Platform,
  log = new RecordedLog(),
): Promise<{ app: TestApp; other: TestApp }> {
  const keyPrefix = freshKeyPrefix();
  // The last to start has the log of the process.
  const other = await shop(platform, keyPrefix).start();
  const app = await shop(platform, keyPrefix).logTo(log).start();
  await app.stored.redis.flushall();
  return { app, other };
}

describe.each(PLATFORMS)('on %s', (platform) => {
  describe.each(CLIENTS)('$name', ({ headers, trace, path }) => {
    it('who writes through two instances all the while is gone, and begins anew', async () => {
      const { app, other } = await startTwo(platform);
      const traffic = [
        new Traffic(app, 'here', headers),
        new Traffic(other, 'there', headers),
      ];
      await Promise.all(traffic.map((each) => each.goesOn(50)));
      for (let round = 0; round < ROUNDS; round += 1) {
        const early = await Promise.all([
          sendNow(app, `early-here-${round}`, headers),
          sendNow(other, `early-there-${round}`, headers),
        ]);
        // What the other instance has answered may wait in its queue now.
        const { status, text } = await erase(app, path);
        expect(status).toBe(200);
        const report = JSON.parse(text) as ErasureReport;
        expect(report.erased_sessions).toBeGreaterThan(0);
        const late = await Promise.all([
          sendNow(app, `late-here-${round}`, headers),
          sendNow(other, `late-there-${round}`, headers),
        ]);
        const held = await vi.waitFor(async () => {
          await Promise.all([app.tracker.flush(), other.tracker.flush()]);
          const ids = await idsHeld(app);
          expect(ids).toEqual(expect.arrayContaining(late.flat()));
          return ids;
        });
        expect(held.filter((id) => early.flat().includes(id))).toEqual([]);
      }
      const [here = 0, there = 0] = await Promise.all(
        traffic.map((each) => each.stop()),
      );
      await Promise.all([
        storeAll(app, here + ROUNDS * 40),
        storeAll(other, there + ROUNDS * 40),
      ]);
      expect(await everythingInRedis(app)).toContain(trace);
      await erase(app, path);
      expect(await everythingInRedis(app)).not.toContain(trace);
      const again = await erase(app, path);
      expect(again.status).toBe(200);
      expect(JSON.parse(again.text)).toMatchObject({ erased_sessions: 0 });
      for (const instance of [app, other]) {
        expectToAddUp(instance);
      }
    });

    it('takes nothing with it that waits in the queue of another instance', async () => {
      const keyPrefix = freshKeyPrefix();
      const app = await shop(platform, keyPrefix).start();
      await app.stored.redis.flushall();
      const other = await shop(platform, keyPrefix)
        .tracking({ flush: { intervalMs: 60_000 } })
        .start();
      await sendNow(app, 'stored', headers);
      await sendNow(other, 'queued', headers);
      await vi.waitFor(() => expect(other.tracker.stats().accepted).toBe(40));
      await app.settle(20);
      expect(other.tracker.stats().queued).toBe(40);
      expect((await erase(app, path)).status).toBe(200);
      await other.tracker.flush();
      expect(other.tracker.stats()).toMatchObject({
        stored: 0,
        droppedErased: 40,
      });
      expect(await everythingInRedis(app)).not.toContain(trace);
    });

    it('of whom nothing is stored yet is stored no more', async () => {
      const log = new RecordedLog();
      const app = await shop(platform, freshKeyPrefix())
        .tracking({ flush: { intervalMs: 60_000 } })
        .logTo(log)
        .start();
      await app.stored.redis.flushall();
      await sendNow(app, 'queued', headers);
      await vi.waitFor(() => expect(app.tracker.stats().queued).toBe(40));
      const { status, text } = await erase(app, path);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({
        erased_sessions: 0,
        erased_requests: 0,
        erased_responses: 0,
      });
      await app.settle(20);
      expect(app.tracker.stats().droppedErased).toBe(40);
      expect(await everythingInRedis(app)).not.toContain(trace);
      expect(log.of('SessionTrackingAudit')).toHaveLength(1);
    });

    it('takes with it what was under way, not what came meanwhile', async () => {
      const { app, other } = await startTwo(platform);
      const under = other.http.get('/things/gated', {
        ...headers,
        'x-request-id': 'under-way',
      });
      await other.signals.reached('handler entered');
      await sendNow(app, 'before', headers);
      await app.settle(20);
      expect((await erase(app, path)).status).toBe(200);
      const late = await sendNow(other, 'after', headers);
      other.signals.give('handler may go on');
      expect((await under).status).toBe(200);
      await other.settle(21);
      expect(await idsHeld(app)).toEqual(late.toSorted());
      expect(other.tracker.stats().droppedErased).toBe(2);
    });

    it('is gone session by session as well', async () => {
      const { app, other } = await startTwo(platform);
      await sendNow(app, 'here', headers);
      await storeAll(app, 20);
      const { id } = await app.stored.only();
      const traffic = new Traffic(other, 'there', headers);
      await traffic.goesOn(20);
      expect((await erase(app, `sessions/${id}`)).status).toBe(200);
      const late = await sendNow(app, 'late', headers);
      const there = await traffic.stop();
      await Promise.all([storeAll(app, 40), storeAll(other, there)]);
      const next = await app.stored.only();
      expect(next.id).not.toBe(id);
      expect(await idsHeld(app)).toEqual(expect.arrayContaining(late));
      expect(await idsHeld(app)).not.toContain('here-0');
      expect((await erase(app, `sessions/${next.id}`)).status).toBe(200);
      expect(await everythingInRedis(app)).not.toContain(trace);
      expectToAddUp(app);
      expectToAddUp(other);
    });

    it('can be exported whole until then', async () => {
      const { app, other } = await startTwo(platform);
      const ids = await Promise.all([
        sendNow(app, 'here', headers),
        sendNow(other, 'there', headers),
      ]);
      await Promise.all([app.settle(20), other.settle(20)]);
      const held = await app.stored.only();
      const { text } = await app.http.get(
        `/admin/analytics/${path}/export`,
        ADMIN,
      );
      const document = JSON.parse(text) as ClientExport;
      expect(document.current_session_id).toBe(held.id);
      const [session, ...more] = document.sessions;
      expect(more).toEqual([]);
      expect(session?.requests.map(({ request_id }) => request_id)).toEqual(
        expect.arrayContaining(ids.flat()),
      );
      expect(session?.requests).toHaveLength(held.requests.length);
      expect(session?.responses).toHaveLength(held.responses.length);
      expect(session?.responses).toEqual(
        expect.arrayContaining(held.responses),
      );
      expect(document.sessions.map(({ info }) => info.user_id)).toEqual([
        held.info['user_id'],
      ]);
    });

    it('stands in the log of accesses as a hash alone', async () => {
      const log = new RecordedLog();
      const { app } = await startTwo(platform, log);
      await sendNow(app, 'here', headers);
      await app.settle(20);
      await app.http.get(`/admin/analytics/${path}/export`, ADMIN);
      await erase(app, path);
      await erase(app, path);
      const lines = log.of('SessionTrackingAudit');
      expect(lines).toEqual([
        expect.stringMatching(/^"root" GET export(?:User|Ip) of [\da-f]{16}$/),
        expect.stringMatching(
          /^"root" DELETE erase(?:User|Ip) of [\da-f]{16}$/,
        ),
        lines[1],
      ]);
      const whom = lines[0]?.split(' of ')[1];
      expect(lines[1]?.split(' of ')[1]).toBe(whom);
      const client = path.startsWith('users/')
        ? { userId: trace }
        : { ip: trace };
      await app.tracker.exportClient(client);
      await app.tracker.eraseClient(client);
      expect(log.of('SessionTrackingAudit').slice(3)).toEqual([
        `the application exportClient of ${whom}`,
        `the application eraseClient of ${whom}`,
      ]);
      expect(JSON.stringify(log.lines)).not.toContain(trace);
    });
  });

  it('an address leaves the sessions of users who keep writing from it', async () => {
    const keyPrefix = freshKeyPrefix();
    const app = await shop(platform, keyPrefix).start();
    const other = await shop(platform, keyPrefix).start();
    await app.stored.redis.flushall();
    const from = { 'x-forwarded-for': ADDRESS };
    const traffic = [
      new Traffic(app, 'anonymous', from),
      new Traffic(other, 'ann', { ...asUser({ id: 'ann' }), ...from }),
      new Traffic(app, 'ben', { ...asUser({ id: 'ben' }), ...from }),
    ];
    await Promise.all(traffic.map((each) => each.goesOn(30)));
    expect((await erase(app, `ips/${ADDRESS}`)).status).toBe(200);
    await Promise.all(traffic.map((each) => each.goesOn(30)));
    const [nobody = 0, ann = 0, ben = 0] = await Promise.all(
      traffic.map((each) => each.stop()),
    );
    await Promise.all([storeAll(app, nobody + ben), storeAll(other, ann)]);
    await erase(app, `ips/${ADDRESS}`);
    expect(await everythingInRedis(app)).not.toContain(ADDRESS);
    const sessions = await app.stored.all();
    expect(
      Object.fromEntries(
        sessions.map(({ info }) => [
          info['user_id'],
          [info['client_ip'], Number(info['request_count'])],
        ]),
      ),
    ).toEqual({ ann: ['unknown', ann], ben: ['unknown', ben] });
  });
});
