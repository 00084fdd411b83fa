import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Param,
  UseGuards,
} from '@nestjs/common';
import { SessionAnalytics } from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import {
  bootTestApp,
  freshKeyPrefix,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { asUser, ForbidGuard, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';
import type { StoredSession } from './support/stored-sessions.js';

const redis = redisForTests();

@Controller('orders')
@UseGuards(HeaderUserGuard)
class OrdersController {
  @Get('secret')
  @UseGuards(ForbidGuard)
  secret(): string {
    return 'never seen';
  }

  @Get(':id')
  find(@Param('id') id: string): string {
    return id;
  }
}

/** A user as a guard might leave it behind: whatever is asked of it, it throws. */
class ThrowingUserGuard extends HeaderUserGuard {
  override canActivate(
    ...args: Parameters<HeaderUserGuard['canActivate']>
  ): boolean {
    const [context] = args;
    context.switchToHttp().getRequest().user = {
      get id(): string {
        throw new Error('The user cannot be loaded');
      },
    };
    return true;
  }
}

/** Gives the request an address that comes from a header of the host's own. */
class RealIpGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    Object.defineProperty(request, 'ip', {
      value: request.headers['x-real-ip'],
    });
    return true;
  }
}

/** A callback that was written as if it were waited for. */
const answerLate = (): string =>
  Promise.reject(new Error('Nobody has waited')) as unknown as string;

const infoOf = (session: StoredSession): { user: unknown; ip: unknown } => ({
  user: session.info['user_id'],
  ip: session.info['client_ip'],
});

/** The client of the one request sent to an app. */
async function onlyClient(
  app: TestApp,
): Promise<{ user: unknown; ip: unknown }> {
  await app.settle(1);
  return infoOf(await app.stored.only());
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = () =>
    bootTestApp(platform).onRedis(redis).controllers(OrdersController);

  describe('a user', () => {
    it('is who the guards found', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1', asUser({ id: '42' }));
      expect(await onlyClient(app)).toEqual({ user: '42', ip: '127.0.0.1' });
      const { id } = await app.stored.only();
      expect(await app.stored.redis.get(app.stored.key('user:42'))).toBe(id);
      expect(
        await app.stored.redis.exists(app.stored.key('ip:127.0.0.1')),
      ).toBe(0);
      expect(await app.tracker.getSessionId({ userId: '42' })).toBe(id);
    });

    it('is found also when a later guard says 403', async () => {
      const app = await shop().start();
      const answer = await app.http.get('/orders/secret', asUser({ id: '42' }));
      expect(answer.status).toBe(403);
      expect(await onlyClient(app)).toMatchObject({ user: '42' });
    });

    it.each([
      ['id', { id: 'a', userId: 'b', sub: 'c' }, 'a'],
      ['userId', { userId: 'b', sub: 'c' }, 'b'],
      ['sub', { sub: 'c' }, 'c'],
      ['a number', { id: 7 }, '7'],
      ['the number 0', { id: 0 }, '0'],
      ['an object, which is no id', { id: { no: 'id' } }, ''],
      ['nothing', {}, ''],
      ['null', null, ''],
      ['a text instead of an object', 'someone', ''],
      ['__proto__', { id: '__proto__' }, '__proto__'],
    ])('is known by %s', async (_case, user, id) => {
      const app = await shop().start();
      await app.http.get('/orders/1', asUser(user));
      expect(await onlyClient(app)).toEqual({ user: id, ip: '127.0.0.1' });
    });

    it('keeps one session across addresses', async () => {
      const app = await shop().trustProxy('loopback').start();
      for (const address of ['198.51.100.1', '198.51.100.2', '2001:db8::3']) {
        await app.http.get('/orders/1', {
          ...asUser({ id: '42' }),
          'x-forwarded-for': address,
        });
      }
      await app.settle(3);
      const session = await app.stored.only();
      expect(infoOf(session)).toEqual({ user: '42', ip: '198.51.100.1' });
      expect(session.requests).toHaveLength(3);
    });

    it('keeps one session across addresses in memory, too', async () => {
      const app = await bootTestApp(platform)
        .controllers(OrdersController)
        .trustProxy('loopback')
        .start();
      for (const address of ['198.51.100.1', '198.51.100.2']) {
        await app.http.get('/orders/1', {
          ...asUser({ id: '42' }),
          'x-forwarded-for': address,
        });
      }
      await app.settle(2);
      const { sessions } = await app.app.get(SessionAnalytics).getSessions();
      expect(sessions).toMatchObject([
        { user_id: '42', client_ip: '198.51.100.1', request_count: 2 },
      ]);
    });

    it('has another session than its address has', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1');
      await app.http.get('/orders/1', asUser({ id: '42' }));
      await app.http.get('/orders/1', asUser({ id: '43' }));
      await app.settle(3);
      const sessions = await app.stored.all();
      expect(new Set(sessions.map(({ info }) => info['user_id']))).toEqual(
        new Set(['', '42', '43']),
      );
    });

    it('with a long id is known by its hash', async () => {
      const app = await shop().start();
      const id = 'x'.repeat(129);
      await app.http.get('/orders/1', asUser({ id }));
      const { user } = await onlyClient(app);
      expect(user).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(await app.stored.dump()).not.toContain(id);
      const current = await app.tracker.getSessionId({ userId: id });
      expect(current).toBe((await app.stored.only()).id);
    });

    it('whose id looks like the hash of another’s id is somebody else', async () => {
      const app = await shop().globalGuard(HeaderUserGuard).start();
      const long = 'x'.repeat(129);
      await app.http.get('/orders/1', asUser({ id: long }));
      const { user: stored } = await onlyClient(app);
      const victim = await app.stored.only();
      const id = String(stored);
      const ask = (method: string, path: string): Promise<{ text: string }> =>
        app.http.send(method, `/admin/analytics/users/${path}`, {
          headers: asUser({ id: 'root', roles: ['admin'] }),
        });
      // What answers show of the long id finds its session, as long as nobody is called so.
      expect((await ask('GET', id)).text).toContain(victim.id);
      expect((await ask('GET', `${id}/export`)).text).toContain(victim.id);

      await app.http.get('/orders/2', asUser({ id }));
      await app.settle(2);
      expect(await app.stored.all()).toHaveLength(2);
      const own = await app.tracker.getSessionId({ userId: id });
      expect(own).not.toBe(victim.id);
      expect((await ask('GET', id)).text).toContain(own);
      expect((await ask('GET', `${id}/export`)).text).not.toContain(victim.id);
      expect((await ask('DELETE', id)).text).toContain('"erased_sessions":1');
      expect((await app.stored.only()).id).toBe(victim.id);
      expect(await app.tracker.getSessionId({ userId: id })).toBeNull();
      expect((await ask('DELETE', id)).text).toContain('"erased_sessions":1');
      expect(await app.stored.all()).toEqual([]);
    });

    it('with control characters in its id breaks neither key nor record', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1', asUser({ id: 'a\nb\r\n\u0000c' }));
      await app.http.get('/orders/2', asUser({ id: 'd' }));
      await app.settle(2);
      const sessions = await app.stored.all();
      expect(sessions).toHaveLength(2);
      expect(sessions.map(({ requests }) => requests.length)).toEqual([1, 1]);
    });
  });

  describe('an anonymous client', () => {
    it('is its address', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1');
      await app.http.get('/nothing');
      await app.settle(2);
      const session = await app.stored.only();
      expect(infoOf(session)).toEqual({ user: '', ip: '127.0.0.1' });
      expect(await app.stored.redis.get(app.stored.key('ip:127.0.0.1'))).toBe(
        session.id,
      );
    });

    it('on a server for IPv6 and IPv4 is its plain IPv4 address', async () => {
      const app = await shop().listenOn('::').start();
      await app.http.get('/orders/1');
      expect(await onlyClient(app)).toEqual({ user: '', ip: '127.0.0.1' });
    });

    it('behind a trusted proxy is the address that the proxy names', async () => {
      const app = await shop().trustProxy('loopback').start();
      await app.http.get('/orders/1', { 'x-forwarded-for': '203.0.113.9' });
      await app.http.get('/nothing', { 'x-forwarded-for': '203.0.113.9' });
      await app.http.get('/orders/1', {
        'x-forwarded-for': '192.0.2.66, 203.0.113.9',
      });
      await app.settle(3);
      const session = await app.stored.only();
      expect(infoOf(session)).toEqual({ user: '', ip: '203.0.113.9' });
    });

    it('behind a proxy is who the host trusts it to be at that moment', async () => {
      let trusted = '127.0.0.1';
      const app = await shop()
        .trustProxy((address) => address === trusted)
        .start();
      const forwarded = { 'x-forwarded-for': '203.0.113.9' };
      await app.http.get('/orders/1', forwarded);
      await app.settle(1);
      trusted = '192.0.2.1';
      await app.http.get('/orders/2', forwarded);
      await app.settle(2);
      const sessions = await app.stored.all();
      expect(new Set(sessions.map((session) => infoOf(session).ip))).toEqual(
        new Set(['127.0.0.1', '203.0.113.9']),
      );
    });

    it('has the address that the host itself put on its request', async () => {
      const app = await shop()
        .trustProxy('loopback')
        .globalGuard(RealIpGuard)
        .start();
      for (const address of ['192.0.2.1', '192.0.2.2']) {
        await app.http.get('/orders/1', {
          'x-forwarded-for': '203.0.113.9',
          'x-real-ip': address,
        });
        await app.settle(address === '192.0.2.1' ? 1 : 2);
      }
      const sessions = await app.stored.all();
      expect(new Set(sessions.map((session) => infoOf(session).ip))).toEqual(
        new Set(['192.0.2.1', '192.0.2.2']),
      );
    });

    it('cannot choose its address where no proxy is trusted', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1', { 'x-forwarded-for': '203.0.113.9' });
      expect(await onlyClient(app)).toMatchObject({ ip: '127.0.0.1' });
      expect(await app.stored.dump()).not.toContain('203.0.113.9');
    });

    it.each([
      ['no address', '__proto__'],
      ['markup', '<script>alert(1)</script>'],
      ['far too long', '1'.repeat(3000)],
      ['an octal spelling', '0177.0.0.1'],
    ])(
      'whose trusted proxy names %s is its socket’s address',
      async (_case, address) => {
        const app = await shop().trustProxy('loopback').start();
        await app.http.get('/orders/1', { 'x-forwarded-for': address });
        expect(await onlyClient(app)).toEqual({ user: '', ip: '127.0.0.1' });
      },
    );

    it.each([
      ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
      ['::ffff:198.51.100.7', '198.51.100.7'],
      ['::FFFF:c633:6407', '198.51.100.7'],
    ])('written as %s is %s', async (written, normal) => {
      const app = await shop().trustProxy('loopback').start();
      await app.http.get('/orders/1', { 'x-forwarded-for': written });
      await app.http.get('/orders/1', { 'x-forwarded-for': normal });
      await app.settle(2);
      expect(infoOf(await app.stored.only())).toEqual({ user: '', ip: normal });
    });
  });

  describe('callbacks of the host', () => {
    it('decide who the user is', async () => {
      const app = await shop()
        .tracking({
          identifyUser: (request) => request.headers['x-api-key'],
        })
        .start();
      await app.http.get('/orders/1', {
        ...asUser({ id: '42' }),
        'x-api-key': 'key-1',
      });
      expect(await onlyClient(app)).toMatchObject({ user: 'key-1' });
    });

    it('see the user that the guards found, and may give a number', async () => {
      const app = await shop()
        .tracking({ identifyUser: (request) => request.user?.account.number })
        .start();
      await app.http.get('/orders/1', asUser({ account: { number: 1234 } }));
      expect(await onlyClient(app)).toMatchObject({ user: '1234' });
    });

    it('may give a number with more digits than an id is kept with', async () => {
      const app = await shop()
        .tracking({
          identifyUser: ({ user }) => user && 10n ** BigInt(user.digits),
        })
        .start();
      await app.http.get('/orders/1', asUser({ digits: 300 }));
      await app.settle(1);
      const { info } = await app.stored.only();
      expect(info['user_id']).toMatch(/^sha256:[0-9a-f]{64}$/);
    });

    it.each([Number.NaN, Infinity, -Infinity])(
      'that take the user for %d are counted, and the request is anonymous',
      async (id) => {
        const app = await shop()
          .tracking({ identifyUser: () => id })
          .start();
        await app.http.get('/orders/1', asUser({ id: '42' }));
        expect(await onlyClient(app)).toEqual({ user: '', ip: '127.0.0.1' });
        expect(app.tracker.stats().callbackErrors).toBe(1);
      },
    );

    it('decide which address counts', async () => {
      const app = await shop()
        .tracking({ clientIp: (request) => request.headers['x-real-ip'] })
        .start();
      await app.http.get('/orders/1', { 'x-real-ip': '::ffff:192.0.2.1' });
      expect(await onlyClient(app)).toEqual({ user: '', ip: '192.0.2.1' });
    });

    it.each([['text'], [undefined], [''], [42]])(
      'that name no address, but %s, leave the socket’s',
      async (ip) => {
        const app = await shop()
          .tracking({ clientIp: () => ip as string })
          .start();
        await app.http.get('/orders/1');
        expect(await onlyClient(app)).toMatchObject({ ip: '127.0.0.1' });
        expect(app.tracker.stats().callbackErrors).toBe(0);
      },
    );

    it('that throw are counted, and the request is recorded as anonymous', async () => {
      const app = await shop()
        .tracking({
          identifyUser: () => {
            throw new Error('no user today');
          },
          clientIp: () => {
            throw new Error('no address today');
          },
        })
        .start();
      const answer = await app.http.get('/orders/1', asUser({ id: '42' }));
      expect(answer.status).toBe(200);
      expect(await onlyClient(app)).toEqual({ user: '', ip: '127.0.0.1' });
      expect(app.tracker.stats().callbackErrors).toBe(2);
    });

    it('that answer with a promise are counted, and the request is recorded as anonymous', async () => {
      const app = await shop()
        .tracking({ identifyUser: answerLate, clientIp: answerLate })
        .start();
      const answer = await app.http.get('/orders/1', asUser({ id: '42' }));
      expect(answer.status).toBe(200);
      expect(await onlyClient(app)).toEqual({ user: '', ip: '127.0.0.1' });
      expect(app.tracker.stats().callbackErrors).toBe(2);
    });

    it('a throwing getter of the user is counted, not thrown', async () => {
      const app = await shop().globalGuard(ThrowingUserGuard).start();
      const answer = await app.http.get('/orders/1');
      expect(answer.status).toBe(200);
      expect(await onlyClient(app)).toEqual({ user: '', ip: '127.0.0.1' });
      expect(app.tracker.stats().callbackErrors).toBe(1);
    });
  });

  it('several instances that meet a new client at once agree on one session', async () => {
    const keyPrefix = freshKeyPrefix();
    const instances = await Promise.all(
      [1, 2, 3].map(() =>
        shop()
          // Nothing is stored before all of them are asked to.
          .tracking({ keyPrefix, flush: { intervalMs: 60_000 } })
          .start(),
      ),
    );
    const users = Array.from({ length: 20 }, (_, i) => ({ id: `new-${i}` }));
    await Promise.all(
      instances.flatMap(({ http }) => [
        ...users.map((user) => http.get('/orders/1', asUser(user))),
        http.get('/orders/1'),
      ]),
    );
    await Promise.all(instances.map((app) => app.settle(21)));

    const [first] = instances;
    const sessions = (await first?.stored.all()) ?? [];
    expect(sessions).toHaveLength(21);
    expect(new Set(sessions.map(({ info }) => info['user_id']))).toEqual(
      new Set(['', ...users.map(({ id }) => id)]),
    );
    for (const { info, requests, responses } of sessions) {
      expect(info['request_count']).toBe('3');
      expect(requests).toHaveLength(3);
      expect(responses).toHaveLength(3);
    }
    const listed = await first?.app.get(SessionAnalytics).getSessions();
    expect(listed?.sessions).toHaveLength(21);
  });
});
