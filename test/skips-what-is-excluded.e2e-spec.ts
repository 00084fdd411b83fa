import {
  All,
  Controller,
  Get,
  RequestMethod,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  CurrentSession,
  type CurrentSessionReference,
  SkipTracking,
} from 'nestjs-session-tracking';
import { describe, expect, it, vi } from 'vitest';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { asUser, HeaderUserGuard, RefuseGuard } from './support/guards.js';
import { sendRaw } from './support/raw-http.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

@Controller()
class PagesController {
  @Get([
    'health',
    'healthz',
    'livez',
    'readyz',
    'metrics',
    'favicon.ico',
    'healthy',
    'internal',
    'internal/jobs',
    'internal/jobs/1',
    'page',
  ])
  page(): string {
    return 'a page';
  }
}

@Controller('heartbeat')
@SkipTracking()
class HeartbeatController {
  @Get()
  beat(): string {
    return 'tock';
  }

  @Get('history')
  @SkipTracking(false)
  history(): string {
    return 'tick tock tick tock';
  }
}

@Controller('mixed')
class MixedController {
  @Get('seen')
  seen(): string {
    return 'seen';
  }

  @Get('unseen')
  @SkipTracking()
  unseen(): string {
    return 'unseen';
  }

  @Get('unseen/:id')
  @SkipTracking()
  unseenOne(): string {
    return 'unseen';
  }

  @All('unseen-by-any-method')
  @SkipTracking()
  any(): string {
    return 'unseen';
  }
}

@Controller({ path: 'editions', version: '1' })
@SkipTracking()
class FirstEditionController {
  @Get()
  read(): string {
    return 'the first';
  }
}

@Controller({ path: 'editions', version: '2' })
class SecondEditionController {
  @Get()
  read(): string {
    return 'the second';
  }
}

@Controller({ path: 'neutral', version: VERSION_NEUTRAL })
@SkipTracking()
class NeutralController {
  @Get()
  read(): string {
    return 'any edition';
  }
}

@Controller('parts')
class PartsController {
  @Get()
  @SkipTracking()
  list(): string {
    return 'parts';
  }
}

class PartsModule {}

@Controller('me')
class WhoAmIController {
  @Get()
  async find(
    @CurrentSession() session?: CurrentSessionReference,
  ): Promise<object> {
    return session === undefined
      ? { tracked: false }
      : {
          requestId: session.requestId,
          client: session.client,
          sessionId: await session.getId(),
        };
  }

  @Get('unseen')
  @SkipTracking()
  unseen(@CurrentSession() session?: CurrentSessionReference): object {
    return { tracked: session !== undefined };
  }

  @Get('excluded')
  excluded(@CurrentSession() session?: CurrentSessionReference): object {
    return { tracked: session !== undefined };
  }
}

/** Asks for all paths in order and answers which of them are recorded. */
async function recordedOf(
  app: TestApp,
  excluded: readonly string[],
  included: readonly string[],
): Promise<string[]> {
  for (const path of [...excluded, ...included]) {
    await app.http.get(path);
  }
  await app.settle(included.length);
  const exchanges = await app.stored.exchanges();
  return exchanges.map(({ request }) => request.path);
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const site = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .controllers(PagesController, HeartbeatController, MixedController);

  const me = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .tracking({ excludePaths: ['/me/excluded'] })
      .controllers(WhoAmIController)
      .globalGuard(HeaderUserGuard);

  describe('excludePaths', () => {
    it('are health, metrics and the favicon when nothing is said', async () => {
      const app = await site().start();
      expect(
        await recordedOf(
          app,
          [
            '/health',
            '/health?full=1',
            '/health/',
            '/healthz',
            '/livez',
            '/readyz',
            '/metrics',
            '/favicon.ico',
          ],
          ['/healthy', '/page', '/healths', '/health/deep'],
        ),
      ).toEqual(['/healthy', '/page', '/healths', '/health/deep']);
    });

    it('count with and without the global prefix', async () => {
      const app = await site()
        .tracking({ excludePaths: ['/page', '/internal*'] })
        .configure((host) =>
          host.setGlobalPrefix('api/v1', {
            exclude: [{ path: 'health', method: RequestMethod.GET }],
          }),
        )
        .start();
      expect(
        await recordedOf(
          app,
          ['/page', '/api/v1/page', '/api/v1/internal/jobs', '/internal'],
          ['/api/v1/healthy', '/health', '/api/page', '/v1/page'],
        ),
      ).toEqual(['/api/v1/healthy', '/health', '/api/page', '/v1/page']);
    });

    it('may end in *', async () => {
      const app = await site()
        .tracking({ excludePaths: ['/internal/*'] })
        .start();
      expect(
        await recordedOf(
          app,
          ['/internal/jobs', '/internal/jobs/1', '/internal/nothing'],
          ['/internal', '/health', '/page'],
        ),
      ).toEqual(['/internal', '/health', '/page']);
    });

    it('may be none', async () => {
      const app = await site().tracking({ excludePaths: [] }).start();
      expect(await recordedOf(app, [], ['/health', '/metrics'])).toEqual([
        '/health',
        '/metrics',
      ]);
    });

    it('hold also for a whole URL as the request target', async () => {
      const app = await site().start();
      const answer = await sendRaw(
        app.port,
        'GET http://site.example/health?full=1 HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      await app.settle(0);
    });
  });

  it('excludeMethods', async () => {
    const app = await site()
      .tracking({ excludeMethods: ['HEAD', 'DELETE'] })
      .start();
    await app.http.send('HEAD', '/page');
    await app.http.send('DELETE', '/page');
    await app.http.send('OPTIONS', '/page');
    await app.http.get('/page');
    await app.settle(2);
    const exchanges = await app.stored.exchanges();
    expect(exchanges.map(({ request }) => request.method)).toEqual([
      'OPTIONS',
      'GET',
    ]);
  });

  describe('@SkipTracking()', () => {
    const skipped = ['/heartbeat', '/mixed/unseen', '/mixed/unseen/7'];
    const recorded = ['/heartbeat/history', '/mixed/seen', '/mixed/nothing'];

    it('on controllers and handlers, with exceptions', async () => {
      const app = await site().start();
      expect(await recordedOf(app, skipped, recorded)).toEqual(recorded);
    });

    it('when a guard of the app rejects the request', async () => {
      const app = await site().globalGuard(RefuseGuard).start();
      expect(await recordedOf(app, skipped, recorded)).toEqual(recorded);
    });

    it('without the interceptor', async () => {
      const app = await site().tracking({ interceptor: false }).start();
      expect(await recordedOf(app, skipped, recorded)).toEqual(recorded);
    });

    it('under a global prefix that does not hold for all', async () => {
      const app = await site()
        .globalGuard(RefuseGuard)
        .configure((host) =>
          host.setGlobalPrefix('api', { exclude: ['heartbeat'] }),
        )
        .start();
      expect(
        await recordedOf(
          app,
          ['/heartbeat', '/api/mixed/unseen'],
          ['/api/heartbeat/history', '/api/mixed/seen'],
        ),
      ).toEqual(['/api/heartbeat/history', '/api/mixed/seen']);
    });

    it.each([true, false])(
      'for HEAD and any other method of the handler, interceptor %s',
      async (interceptor) => {
        const app = await site().tracking({ interceptor }).start();
        await app.http.send('HEAD', '/mixed/unseen');
        await app.http.send('DELETE', '/mixed/unseen-by-any-method');
        await app.http.post('/mixed/unseen-by-any-method');
        // GET is skipped, POST is nobody's.
        await app.http.post('/mixed/unseen');
        await app.settle(1);
        const { request } = await app.stored.onlyExchange();
        expect(request).toMatchObject({ method: 'POST', route: 'unmatched' });
      },
    );

    it.each([true, false])(
      'under a path of RouterModule, interceptor %s',
      async (interceptor) => {
        const app = await site()
          .tracking({ interceptor })
          .imports(
            { module: PartsModule, controllers: [PartsController] },
            RouterModule.register([{ path: 'depot', module: PartsModule }]),
          )
          .start();
        expect((await app.http.get('/depot/parts')).status).toBe(200);
        expect(await recordedOf(app, ['/depot/parts'], ['/page'])).toEqual([
          '/page',
        ]);
      },
    );

    it.each([true, false])(
      'on one version of a route in the URI, rejected by a guard: %s',
      async (rejected) => {
        const builder = bootTestApp(platform)
          .onRedis(redis)
          .controllers(
            FirstEditionController,
            SecondEditionController,
            NeutralController,
          )
          .configure((host) =>
            host.enableVersioning({ type: VersioningType.URI }),
          );
        const app = await (
          rejected ? builder.globalGuard(RefuseGuard) : builder
        ).start();
        expect(
          await recordedOf(app, ['/v1/editions', '/neutral'], ['/v2/editions']),
        ).toEqual(['/v2/editions']);
      },
    );

    it('on one version of a route in the URI without a prefix, rejected by a guard', async () => {
      const app = await bootTestApp(platform)
        .onRedis(redis)
        .controllers(FirstEditionController, SecondEditionController)
        .globalGuard(RefuseGuard)
        .configure((host) =>
          host.enableVersioning({ type: VersioningType.URI, prefix: false }),
        )
        .start();
      expect(
        await recordedOf(app, ['/1/editions'], ['/2/editions', '/v1/editions']),
      ).toEqual(['/2/editions', '/v1/editions']);
    });

    it('not on a route that shares its path with a version that is recorded, rejected by a guard', async () => {
      const app = await bootTestApp(platform)
        .onRedis(redis)
        .controllers(FirstEditionController, SecondEditionController)
        .globalGuard(RefuseGuard)
        .configure((host) =>
          host.enableVersioning({
            type: VersioningType.HEADER,
            header: 'x-version',
          }),
        )
        .start();
      for (const version of ['1', '2']) {
        const { status } = await app.http.get('/editions', {
          'x-version': version,
        });
        expect(status).toBe(401);
      }
      await app.settle(2);
      const { requests } = await app.stored.only();
      expect(requests).toMatchObject([
        { route: '/editions' },
        { route: '/editions' },
      ]);
    });

    it('on one version of a route in a header', async () => {
      const app = await bootTestApp(platform)
        .onRedis(redis)
        .controllers(FirstEditionController, SecondEditionController)
        .configure((host) =>
          host.enableVersioning({
            type: VersioningType.HEADER,
            header: 'x-version',
          }),
        )
        .start();
      const texts: string[] = [];
      for (const version of ['1', '2', '1']) {
        const { text } = await app.http.get('/editions', {
          'x-version': version,
        });
        texts.push(text);
      }
      expect(texts).toEqual(['the first', 'the second', 'the first']);
      await app.settle(1);
      const { response } = await app.stored.onlyExchange();
      expect(response.handler).toBe('SecondEditionController.read');
    });
  });

  describe('the admin path', () => {
    it.each([
      ['without a prefix', '', '/admin/analytics'],
      ['under a prefix', 'api', '/api/admin/analytics'],
    ])('is never recorded %s', async (_case, prefix, path) => {
      const app = await site().prefix(prefix).start();
      expect(
        await recordedOf(
          app,
          [
            `${path}/health`,
            `${path}/sessions?limit=1`,
            `${path}/sessions/some-id`,
            `${path}/no-such-route`,
            path,
          ],
          [`${path}s`],
        ),
      ).toEqual([`${path}s`]);
    });

    it('is never recorded where the host has put it', async () => {
      const app = await site()
        .tracking({ admin: { path: '/ops/who/' }, excludePaths: ['/page'] })
        .start();
      expect(
        await recordedOf(
          app,
          ['/ops/who/health', '/ops/who', '/page'],
          ['/ops', '/admin/analytics/health'],
        ),
      ).toEqual(['/ops', '/admin/analytics/health']);
    });

    it('is never recorded in another spelling that the router accepts', async () => {
      const app = await site().start();
      const spellings = [
        '/ADMIN/analytics/health',
        '/%61dmin/analytics/health',
        '/admin/analytics/health/',
      ];
      const statuses: number[] = [];
      for (const spelling of [...spellings, '/page']) {
        statuses.push((await app.http.get(spelling)).status);
      }
      // At least one of them reaches the admin API, and is turned away there.
      expect(statuses).toContain(401);
      const recorded = await vi.waitFor(async () => {
        await app.tracker.flush();
        const exchanges = await app.stored.exchanges();
        expect(exchanges.at(-1)?.request.path).toBe('/page');
        return exchanges;
      });
      expect(
        recorded.map(({ response }) => response.status_code),
      ).not.toContain(401);
    });

    it('is the host’s own when there is no admin API', async () => {
      const app = await site().tracking({ admin: false }).start();
      expect(await recordedOf(app, [], ['/admin/analytics/health'])).toEqual([
        '/admin/analytics/health',
      ]);
    });
  });

  describe('@CurrentSession()', () => {
    it('tells the request’s id and client', async () => {
      const app = await me().start();
      const anonymous = await app.http.get('/me', { 'x-request-id': 'r-1' });
      expect(JSON.parse(anonymous.text)).toEqual({
        requestId: 'r-1',
        client: { ip: '127.0.0.1' },
        sessionId: null,
      });
      await app.settle(1);
      const { id } = await app.stored.only();
      const again = await app.http.get('/me', { 'x-request-id': 'r-2' });
      expect(JSON.parse(again.text)).toMatchObject({ sessionId: id });
      const user = await app.http.get('/me', asUser({ id: 7 }));
      expect(JSON.parse(user.text)).toMatchObject({
        client: { userId: '7', ip: '127.0.0.1' },
        sessionId: null,
      });
      await app.settle(3);
    });

    it('is undefined for a request that is excluded', async () => {
      const app = await me().start();
      const { text } = await app.http.get('/me/excluded');
      expect(JSON.parse(text)).toEqual({ tracked: false });
      await app.settle(0);
    });

    it.each([true, false])(
      'is undefined for a handler that is left out, interceptor %s',
      async (interceptor) => {
        const app = await me().tracking({ interceptor }).start();
        const { text } = await app.http.get('/me/unseen');
        expect(JSON.parse(text)).toEqual({ tracked: false });
        await app.settle(0);
      },
    );
  });
});
