import { ConflictException, Controller, Get, Ip } from '@nestjs/common';
import type { ClientSessions, TrackedRecord } from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ADMIN } from './support/admin-api.js';
import { adminRoutes } from './support/admin-routes.js';
import {
  bootTestApp,
  freshKeyPrefix,
  PLATFORMS,
  type Platform,
  type TestApp,
} from './support/boot-test-app.js';
import { openEvents } from './support/event-reader.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import type { Answer } from './support/http-client.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';
import { ThingsController } from './support/shop.controllers.js';

const redis = redisForTests();

/** No two of one network. */
const ADDRESSES = [
  '203.0.113.77',
  '198.51.100.123',
  '2001:db8:1:2::77',
  '2a00:1450:4001:81b:aaaa:bbbb:cccc:200e',
];

/** What each of the addresses sends, signed in at last. */
const REQUESTS = ['/things/1', '/boom', '/nothing', '/things/2'];

@Controller('boom')
class BoomController {
  @Get()
  boom(@Ip() ip: string): never {
    throw new ConflictException(`boom at ${ip} and [${ip}]:443`);
  }
}

/** Two instances of an app behind a proxy, and everything that they let out. */
class AnonymousShop {
  readonly records: TrackedRecord[] = [];
  readonly answers: string[] = [];

  private constructor(
    readonly app: TestApp,
    readonly other: TestApp,
    readonly log: RecordedLog,
  ) {
    for (const { tracker } of [app, other]) {
      tracker.records$.subscribe((record) => this.records.push(record));
    }
  }

  static async start(
    platform: Platform,
    anonymizeIp: 'truncate' | 'hash',
  ): Promise<AnonymousShop> {
    const log = new RecordedLog();
    const keyPrefix = freshKeyPrefix();
    const instance = (): Promise<TestApp> =>
      bootTestApp(platform)
        .onRedis(redis)
        .controllers(ThingsController, BoomController)
        .globalGuard(HeaderUserGuard)
        .trustProxy('loopback')
        .tracking({ keyPrefix, anonymizeIp, captureErrorMessages: true })
        .logTo(log)
        .start();
    return new AnonymousShop(await instance(), await instance(), log);
  }

  /** Lets every address send its requests, half of them to each instance. */
  async serveEverybody(): Promise<void> {
    for (const [index, address] of ADDRESSES.entries()) {
      const from = { 'x-forwarded-for': address };
      const user = asUser({ id: userAt(index) });
      for (const path of REQUESTS) {
        await this.app.http.get(path, from);
        await this.app.tracker.flush();
        await this.other.http.get(path, from);
        await this.other.tracker.flush();
      }
      await this.app.http.get('/things/3', { ...from, ...user });
      await this.other.http.get('/things/3', { ...from, ...user });
    }
    const each = ADDRESSES.length * (REQUESTS.length + 1);
    await this.app.settle(each);
    await this.other.settle(each);
  }

  async ask(path: string, method: 'GET' | 'DELETE' = 'GET'): Promise<Answer> {
    const answer = await this.app.http.send(
      method,
      `/admin/analytics/${path}`,
      { headers: ADMIN },
    );
    this.answers.push(JSON.stringify(answer.headers), answer.text);
    return answer;
  }

  /** Everything in Redis, in the log, in records and in answers of the admin API. */
  async everything(): Promise<string> {
    return [
      await this.app.stored.dump(),
      JSON.stringify(this.log.lines),
      JSON.stringify(this.records),
      ...this.answers,
    ].join('\n');
  }
}

function userAt(index: number): string {
  return `user-${index}`;
}

/** Every route of the admin API, about one of the clients. */
function routesAbout(
  method: 'GET' | 'DELETE',
  about: {
    address: string;
    user: string;
    sessionId: string;
    requestId: string;
  },
): string[] {
  return adminRoutes()
    .filter((route) => route.method === method)
    .map(({ path }) =>
      path
        .replace('00000000-0000-4000-8000-000000000000', about.sessionId)
        .replace('203.0.113.200', encodeURIComponent(about.address))
        .replace('nobody', about.user)
        .replace('something', about.requestId),
    );
}

describe.each(PLATFORMS)('on %s', (platform) => {
  it.each(['truncate', 'hash'] as const)(
    'with %s no full address is let out, and every one can be looked up and erased',
    async (anonymizeIp) => {
      const shop = await AnonymousShop.start(platform, anonymizeIp);
      const { app, other } = shop;
      const live = await Promise.all(
        ['', ...ADDRESSES.map((ip) => `?ip=${encodeURIComponent(ip)}`)].map(
          (query) =>
            openEvents(`${app.url}/admin/analytics/live${query}`, ADMIN),
        ),
      );
      onTestFinished(() => live.forEach((reader) => reader.leave()));
      await shop.serveEverybody();

      const perAddress = (REQUESTS.length + 1) * 4;
      for (const [index, reader] of live.entries()) {
        const count = perAddress * (index === 0 ? ADDRESSES.length : 1);
        await reader.received(count);
        expect(reader.events).toHaveLength(count);
        shop.answers.push(JSON.stringify(reader.events));
      }

      const names: string[] = [];
      for (const [index, address] of ADDRESSES.entries()) {
        const ip = encodeURIComponent(address);
        const sessionId = await app.tracker.getSessionId({ ip: address });
        expect(await other.tracker.getSessionId({ ip: address })).toBe(
          sessionId,
        );
        const held: ClientSessions = JSON.parse(
          (await shop.ask(`ips/${ip}`)).text,
        );
        const { client_ip: name = '', sessions } = held;
        names.push(name);
        // Anonymous and signed in.
        expect(sessions).toHaveLength(2);
        expect(await app.tracker.getSessionId({ ip: name })).toBe(sessionId);
        const { requests = [] } =
          (await app.tracker.getSessionHistory(sessionId ?? '')) ?? {};
        expect(requests).toHaveLength(REQUESTS.length * 2);

        const about = {
          address,
          user: userAt(index),
          sessionId: sessionId ?? '',
          requestId: requests[0]?.request_id ?? '',
        };
        for (const path of [
          ...routesAbout('GET', about),
          `sessions/${about.sessionId}/export?format=har`,
        ]) {
          expect([path, (await shop.ask(path)).status]).toEqual([path, 200]);
        }
        for (const path of [`sessions?ip=${ip}`, `endpoints?ip=${ip}`]) {
          expect((await shop.ask(path)).text).toContain(
            path.startsWith('sessions') ? about.sessionId : name,
          );
        }
      }
      const found = await shop.everything();
      expect(names.filter((name) => !found.includes(name))).toEqual([]);
      expect(ADDRESSES.filter((address) => found.includes(address))).toEqual(
        [],
      );
      expect(shop.log.of('SessionTrackingAudit')).not.toEqual([]);

      for (const address of ADDRESSES) {
        const path = `ips/${encodeURIComponent(address)}`;
        expect((await shop.ask(path, 'DELETE')).status).toBe(200);
        expect((await shop.ask(path)).status).toBe(404);
        expect(await app.tracker.getSessionId({ ip: address })).toBeNull();
      }
      const left = await app.stored.dump();
      expect(left).toContain(userAt(0));
      expect(names.filter((name) => left.includes(name))).toEqual([]);
      const everything = await shop.everything();
      expect(
        ADDRESSES.filter((address) => everything.includes(address)),
      ).toEqual([]);
    },
  );
});
