import dns from 'node:dns';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  Controller,
  Get,
  type MiddlewareConsumer,
  VersioningType,
} from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { ForbidGuard, RefuseGuard } from './support/guards.js';
import { type Answer, HttpClient } from './support/http-client.js';
import { sendRaw } from './support/raw-http.js';
import { redisForTests } from './support/redis-for-tests.js';
import {
  ForbiddenController,
  GuardedHandlersController,
  RefusedController,
  SLOW_MS,
  ThingsController,
} from './support/shop.controllers.js';
import { expectCloseTimes } from './support/close-times.js';
import type { StoredExchange } from './support/stored-sessions.js';

const redis = redisForTests();

const UUID =
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Timers may fire a little before their time is up. */
const TIMER_SLACK_MS = 3;

/** A stored exchange, with what most tests ask about on top. */
interface Recorded extends StoredExchange {
  status: number;
  method: string;
  path: string;
  route: string | undefined;
}

/** The record of the one request sent to an app, after checking that it agrees with what its client got. */
async function recordedOnce(app: TestApp, answer: Answer): Promise<Recorded> {
  await app.settle(1);
  const exchange = await app.stored.onlyExchange();
  const { request, response } = exchange;
  expect(response.status_code).toBe(answer.status);
  expect(request.request_id).toBe(answer.headers['x-request-id']);
  expect(response).not.toHaveProperty('aborted');
  expect(response.duration_ms).toBeGreaterThan(0);
  expect(response.duration_ms).toBeLessThan(app.uptimeMs);
  expectCloseTimes(exchange);
  const { method, path, route } = request;
  return { ...exchange, status: response.status_code, method, path, route };
}

/** Middleware that answers every request by itself. */
const teapot = (consumer: MiddlewareConsumer): void => {
  consumer
    .apply(
      (
        _request: unknown,
        response: { statusCode: number; end(text: string): void },
      ) => {
        response.statusCode = 418;
        response.end('short and stout');
      },
    )
    .forRoutes('{*splat}');
};

const preflight = (http: HttpClient): Promise<Answer> =>
  http.send('OPTIONS', '/api/things', {
    headers: {
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
    },
  });

/** Where localhost has two addresses, Fastify opens a second server for the second one. */
const giveLocalhostTwoAddresses = () =>
  vi.spyOn(dns, 'lookup').mockImplementation((...args: unknown[]) => {
    const [name, options] = args;
    const answer = args.at(-1) as (...result: unknown[]) => void;
    const { all } = Object(options) as { all?: boolean };
    const found =
      name === 'localhost'
        ? [
            { address: '127.0.0.1', family: 4 },
            { address: '::1', family: 6 },
          ]
        : [{ address: name, family: name === '::1' ? 6 : 4 }];
    process.nextTick(() =>
      all === true
        ? answer(null, found)
        : answer(null, found[0]?.address, found[0]?.family),
    );
  });

describe.each(PLATFORMS)('%s records', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .prefix('api')
      .controllers(
        ThingsController,
        RefusedController,
        ForbiddenController,
        GuardedHandlersController,
      );

  describe('what a handler answers', () => {
    it.each<[string, string, number, string]>([
      ['a plain answer', '/api/things', 200, '/api/things'],
      ['a route with a parameter', '/api/things/7', 200, '/api/things/:id'],
      ['@Res()', '/api/things/res', 202, '/api/things/res'],
      [
        '@Res({ passthrough: true })',
        '/api/things/passthrough',
        203,
        '/api/things/passthrough',
      ],
      ['a pipe that refuses', '/api/things/seven', 400, '/api/things/:id'],
      [
        'a handler that throws',
        '/api/things/throws',
        500,
        '/api/things/throws',
      ],
      [
        'a handler that rejects',
        '/api/things/rejects',
        500,
        '/api/things/rejects',
      ],
      ['an HttpException', '/api/things/conflict', 409, '/api/things/conflict'],
    ])('%s', async (_case, path, status, route) => {
      const app = await shop().start();
      const answer = await app.http.get(path);
      expect(await recordedOnce(app, answer)).toMatchObject({
        status,
        route,
        path,
      });
    });

    it('a POST', async () => {
      const app = await shop().start();
      const answer = await app.http.post('/api/things', { name: 'lamp' });
      const recorded = await recordedOnce(app, answer);
      expect(recorded).toMatchObject({
        status: 201,
        method: 'POST',
        path: '/api/things',
        route: '/api/things',
      });
      const { request } = recorded;
      expect(JSON.parse(answer.text)).toEqual({ name: 'lamp' });
      expect(await app.stored.dump()).not.toContain('lamp');
      expect(Object.keys(request)).toEqual([
        'timestamp',
        'path',
        'method',
        'request_id',
        'route',
      ]);
    });

    it('HEAD', async () => {
      const app = await shop().start();
      const answer = await app.http.send('HEAD', '/api/things/7');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 200,
        method: 'HEAD',
        path: '/api/things/7',
        route: '/api/things/:id',
      });
    });

    it('a StreamableFile, with the time its transfer took', async () => {
      const app = await shop().start();
      const answer = await app.http.get('/api/things/file');
      expect(answer.text).toBe('first last');
      const recorded = await recordedOnce(app, answer);
      expect(recorded).toMatchObject({
        status: 200,
        path: '/api/things/file',
        route: '/api/things/file',
      });
      const { response } = recorded;
      expect(response.duration_ms).toBeGreaterThan(
        2 * SLOW_MS - 2 * TIMER_SLACK_MS,
      );
    });

    it('a slow handler, with the time the client waited', async () => {
      const app = await shop().start();
      const answer = await app.http.get('/api/things/slow');
      const recorded = await recordedOnce(app, answer);
      expect(recorded).toMatchObject({
        status: 200,
        path: '/api/things/slow',
        route: '/api/things/slow',
      });
      const { response } = recorded;
      expect(response.duration_ms).toBeGreaterThan(SLOW_MS - TIMER_SLACK_MS);
      // The client's own time holds the way there and back besides; the close of a response follows
      // its last byte by a turn of the event loop.
      expect(response.duration_ms).toBeLessThan(answer.elapsedMs + 50);
    });
  });

  describe('versions', () => {
    @Controller({ path: 'catalogue', version: '2' })
    class CatalogueController {
      @Get(':id')
      find(): string {
        return 'the second edition';
      }
    }

    it('in the URI', async () => {
      const app = await bootTestApp(platform)
        .onRedis(redis)
        .prefix('api')
        .controllers(CatalogueController)
        .configure((host) =>
          host.enableVersioning({ type: VersioningType.URI }),
        )
        .start();
      const answer = await app.http.get('/api/v2/catalogue/1');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 200,
        path: '/api/v2/catalogue/1',
        route: '/api/v2/catalogue/:id',
      });
    });

    it('in the URI, when there is none like it', async () => {
      const app = await bootTestApp(platform)
        .onRedis(redis)
        .prefix('api')
        .controllers(CatalogueController)
        .configure((host) =>
          host.enableVersioning({ type: VersioningType.URI }),
        )
        .start();
      const answer = await app.http.get('/api/v9/catalogue/1');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 404,
        path: '/api/v9/catalogue/1',
        route: 'unmatched',
      });
    });

    it.each<[string, string, number, string]>([
      ['in a header', '2', 200, '/api/catalogue/:id'],
      ['in a header, when there is none like it', '9', 404, 'unmatched'],
    ])('%s', async (_case, version, status, route) => {
      const app = await bootTestApp(platform)
        .onRedis(redis)
        .prefix('api')
        .controllers(CatalogueController)
        .configure((host) =>
          host.enableVersioning({
            type: VersioningType.HEADER,
            header: 'x-version',
          }),
        )
        .start();
      const answer = await app.http.get('/api/catalogue/1', {
        'x-version': version,
      });
      expect(await recordedOnce(app, answer)).toMatchObject({
        status,
        path: '/api/catalogue/1',
        route,
      });
    });
  });

  describe('what a guard rejects', () => {
    it.each<[string, string, number, string]>([
      ['of a controller, 401', '/api/refused/1', 401, '/api/refused/:id'],
      ['of a controller, 403', '/api/forbidden/1', 403, '/api/forbidden/:id'],
      [
        'of a handler, 401',
        '/api/handlers/refused',
        401,
        '/api/handlers/refused',
      ],
      [
        'of a handler, 403',
        '/api/handlers/forbidden',
        403,
        '/api/handlers/forbidden',
      ],
    ])('%s', async (_case, path, status, route) => {
      const app = await shop().start();
      const answer = await app.http.get(path);
      expect(await recordedOnce(app, answer)).toMatchObject({
        status,
        path,
        route,
      });
    });

    it.each([
      ['of the whole app, 401', RefuseGuard, 401],
      ['of the whole app, 403', ForbidGuard, 403],
    ] as const)('%s', async (_case, guard, status) => {
      const app = await shop().globalGuard(guard).start();
      const answer = await app.http.get('/api/things/7');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status,
        path: '/api/things/7',
        route: '/api/things/:id',
      });
    });
  });

  describe('what never reaches a handler', () => {
    it.each([
      ['no route inside the prefix', '/api/nothing'],
      ['no route outside the prefix', '/nothing'],
      ['the root', '/'],
    ])('%s', async (_case, path) => {
      const app = await shop().start();
      const answer = await app.http.get(path);
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 404,
        path,
        route: 'unmatched',
      });
    });

    it('a method that the route does not know', async () => {
      const app = await shop().start();
      const answer = await app.http.send('DELETE', '/api/things/7');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 404,
        method: 'DELETE',
        path: '/api/things/7',
        route: 'unmatched',
      });
    });

    it('malformed JSON', async () => {
      const app = await shop().start();
      const answer = await app.http.post('/api/things', '{"name":');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 400,
        method: 'POST',
        path: '/api/things',
        // Express parses the body before it looks for a route.
        route: platform === 'express' ? 'unmatched' : '/api/things',
      });
    });

    it('a body that is too large', async () => {
      const app = await shop().start();
      const answer = await app.http.post('/api/things', {
        name: 'x'.repeat(1_100_000),
      });
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 413,
        method: 'POST',
        path: '/api/things',
        route: platform === 'express' ? 'unmatched' : '/api/things',
      });
    });

    it('a path that cannot be decoded', async () => {
      const app = await shop().start();
      const answer = await app.http.get('/api/things/%E0%A4%A');
      const recorded = await recordedOnce(app, answer);
      expect(recorded).toMatchObject({
        status: 400,
        path: '/api/things/%E0%A4%A',
      });
      const { request } = recorded;
      // Express finds the route before it decodes the parameter.
      expect(['unmatched', '/api/things/:id']).toContain(request.route);
    });
  });

  describe("what the host's middleware does", () => {
    const route = platform === 'express' ? 'unmatched' : '/api/things';

    it('answer by itself', async () => {
      const app = await shop().middleware(teapot).start();
      const answer = await app.http.get('/api/things');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 418,
        path: '/api/things',
        route,
      });
    });

    it('throw', async () => {
      const app = await shop()
        .middleware((consumer) =>
          consumer
            .apply(() => {
              throw new Error('out of order');
            })
            .forRoutes('{*splat}'),
        )
        .start();
      const answer = await app.http.get('/api/things');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 500,
        path: '/api/things',
        route,
      });
    });

    it.each([503, 0, Number.NaN, 'none', undefined])(
      'set the status %j when another has gone out',
      async (late) => {
        const app = await shop()
          .middleware((consumer) =>
            consumer
              .apply((_request: unknown, response: ServerResponse) => {
                response.statusCode = 206;
                response.write('a part');
                Object.assign(response, { statusCode: late });
                response.end();
              })
              .forRoutes('{*splat}'),
          )
          .start();
        const answer = await app.http.get('/api/things');
        expect(await recordedOnce(app, answer)).toMatchObject({ status: 206 });
      },
    );

    it('pass on what no route takes', async () => {
      const app = await shop()
        .middleware((consumer) =>
          consumer
            .apply((_request: unknown, _response: unknown, next: () => void) =>
              next(),
            )
            .forRoutes('{*splat}'),
        )
        .start();
      const answer = await app.http.get('/api/nothing');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 404,
        path: '/api/nothing',
        route: 'unmatched',
      });
    });

    it('answer for a handler that is in another module too', async () => {
      const app = await shop().trackingLast().middleware(teapot).start();
      const answer = await app.http.get('/api/things/7');
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 418,
        path: '/api/things/7',
        route: platform === 'express' ? 'unmatched' : '/api/things/:id',
      });
    });
  });

  describe('CORS preflights', () => {
    it('not, unless asked to', async () => {
      const app = await shop()
        .configure((host) => host.enableCors())
        .start();
      const answer = await preflight(app.http);
      expect(answer.status).toBe(204);
      expect(answer.headers).not.toHaveProperty('x-request-id');
      await app.http.get('/api/things');
      await app.settle(1);
      const { request } = await app.stored.onlyExchange();
      expect(request.method).toBe('GET');
    });

    it('when no method is excluded', async () => {
      const app = await shop()
        .tracking({ excludeMethods: [] })
        .configure((host) => host.enableCors())
        .start();
      const answer = await preflight(app.http);
      expect(await recordedOnce(app, answer)).toMatchObject({
        status: 204,
        method: 'OPTIONS',
        path: '/api/things',
        route: 'unmatched',
      });
    });
  });

  describe('unusual ways to ask', () => {
    it('a whole URL as the request target', async () => {
      const app = await shop().start();
      const answer = await sendRaw(
        app.port,
        'GET http://shop.example/api/things?secret=1 HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n',
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      await app.settle(1);
      const { request, response } = await app.stored.onlyExchange();
      expect(request).toMatchObject({
        path: '/api/things',
        route: '/api/things',
      });
      expect(response.status_code).toBe(200);
      expect(answer).toContain(request.request_id);
    });

    it('a target that only the server itself can answer', async () => {
      const app = await shop().tracking({ excludeMethods: [] }).start();
      const answer = await sendRaw(
        app.port,
        'OPTIONS * HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n',
      );
      await app.settle(1);
      const { request, response } = await app.stored.onlyExchange();
      expect(request).toMatchObject({ path: '*', route: 'unmatched' });
      expect(answer).toMatch(
        new RegExp(`^HTTP/1\\.1 ${response.status_code} `),
      );
    });

    it('many requests on one connection', async () => {
      const app = await shop().start();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      let reused = 0;
      for (let i = 1; i <= 40; i++) {
        await new Promise<void>((resolve, reject) => {
          const request = get(
            `${app.url}/api/things/${i}`,
            { agent },
            (response) => {
              reused += request.reusedSocket ? 1 : 0;
              text(response).then(() => resolve(), reject);
            },
          );
          request.once('error', reject);
        });
      }
      agent.destroy();
      expect(reused).toBe(39);
      await app.settle(40);
      const { requests, responses, info } = await app.stored.only();
      expect(requests.map(({ path }) => path)).toEqual(
        Array.from({ length: 40 }, (_, i) => `/api/things/${i + 1}`),
      );
      expect(responses).toHaveLength(40);
      expect(info['request_count']).toBe('40');
    });

    it('many requests at once', async () => {
      const app = await shop().start();
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) =>
          app.http.get(`/api/things/${i % 3 === 0 ? 'throws' : i}`),
        ),
      );
      await app.settle(60);
      const exchanges = await app.stored.exchanges();
      const byId = new Map(
        exchanges.map(({ request, response }) => [
          request.request_id,
          response.status_code,
        ]),
      );
      expect(byId.size).toBe(60);
      for (const { headers, status } of answers) {
        expect(byId.get(String(headers['x-request-id']))).toBe(status);
      }
    });

    it('both addresses of localhost', async () => {
      const lookup = giveLocalhostTwoAddresses();
      const app = await shop()
        .middleware((consumer) =>
          consumer
            .apply(
              (
                request: { url: string; originalUrl?: string },
                response: { statusCode: number; end(): void },
                next: () => void,
              ) => {
                if ((request.originalUrl ?? request.url).includes('teapot')) {
                  response.statusCode = 418;
                  response.end();
                } else {
                  next();
                }
              },
            )
            .forRoutes('{*splat}'),
        )
        .tracking({ excludeMethods: [] })
        .configure((host) => host.enableCors())
        .listenOn('localhost')
        .start()
        .finally(() => lookup.mockRestore());
      const addresses =
        platform === 'fastify' ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
      const statuses: number[] = [];
      for (const address of addresses) {
        const http = new HttpClient(`http://${address}:${app.port}`);
        statuses.push(
          (await http.get('/api/things/7')).status,
          (await http.get('/api/nothing')).status,
          (await http.get('/api/teapot')).status,
          (await http.get('/api/things/%E0%A4%A')).status,
          (await preflight(http)).status,
        );
        await http.close();
      }
      expect(statuses).toEqual(
        addresses.flatMap(() => [200, 404, 418, 400, 204]),
      );
      await app.settle(statuses.length);
      const exchanges = await app.stored.exchanges();
      expect(exchanges.map(({ response }) => response.status_code)).toEqual(
        statuses,
      );
    });
  });

  it('two apps in one process, each only its own', async () => {
    const [one, other] = await Promise.all([shop().start(), shop().start()]);
    await one.http.get('/api/things/1');
    await other.http.get('/api/things/2');
    await other.http.get('/api/nothing');
    await one.settle(1);
    await other.settle(2);
    expect((await one.stored.only()).requests).toMatchObject([
      { path: '/api/things/1' },
    ]);
    expect((await other.stored.only()).requests).toMatchObject([
      { path: '/api/things/2' },
      { path: '/api/nothing' },
    ]);
  });

  it('two apps in one process that listen on both addresses of localhost, each only its own', async () => {
    const lookup = giveLocalhostTwoAddresses();
    const [one, other] = await Promise.all([
      shop().listenOn('localhost').start(),
      shop().listenOn('localhost').start(),
    ]).finally(() => lookup.mockRestore());
    await one.http.get('/api/things/1');
    await other.http.get('/api/things/2');
    await one.settle(1);
    await other.settle(1);
    expect((await one.stored.onlyExchange()).request.path).toBe(
      '/api/things/1',
    );
    expect((await other.stored.onlyExchange()).request.path).toBe(
      '/api/things/2',
    );
  });

  describe('the path', () => {
    it('without the query string', async () => {
      const app = await shop().start();
      await app.http.get('/api/things/7?token=hunter2&page=1');
      await app.http.get('/api/nothing?token=hunter2');
      await app.settle(2);
      const exchanges = await app.stored.exchanges();
      expect(exchanges.map(({ request }) => request.path)).toEqual([
        '/api/things/7',
        '/api/nothing',
      ]);
      expect(await app.stored.dump()).not.toContain('hunter2');
    });

    it('cut at 2048 bytes', async () => {
      const app = await shop().start();
      await app.http.get(`/api/${'long/'.repeat(1000)}`);
      await app.settle(1);
      const { request } = await app.stored.onlyExchange();
      // The last segment could be half of something secret.
      expect(request.path).toBe(`/api/${'long/'.repeat(408)}[re`);
      expect(request.path).toHaveLength(2048);
    });
  });

  describe('the request id', () => {
    it.each([
      '550e8400-e29b-41d4-a716-446655440000',
      'a',
      'A.b_c:d-9'.repeat(14),
    ])('as the client gave it: %s', async (id) => {
      const app = await shop().start();
      const answer = await app.http.get('/api/things', { 'x-request-id': id });
      expect(answer.headers['x-request-id']).toBe(id);
      const recorded = await recordedOnce(app, answer);
      expect(recorded).toMatchObject({
        status: 200,
        path: '/api/things',
        route: '/api/things',
      });
      const { request } = recorded;
      expect(request.request_id).toBe(id);
    });

    it.each(['two words', 'x'.repeat(129), '<script>', 'naïve', ''])(
      'replaced when it is not acceptable: %s',
      async (id) => {
        const app = await shop().start();
        const answer = await app.http.get('/api/things', {
          'x-request-id': id,
        });
        expect(answer.headers['x-request-id']).toMatch(UUID);
        expect(await recordedOnce(app, answer)).toMatchObject({
          status: 200,
          path: '/api/things',
          route: '/api/things',
        });
      },
    );

    it('on every kind of answer', async () => {
      const app = await shop().start();
      const paths = [
        '/api/refused/1',
        '/api/nothing',
        '/nothing',
        '/api/things/throws',
        '/api/things/file',
        '/api/things/res',
      ];
      for (const path of paths) {
        const answer = await app.http.get(path, { 'x-request-id': 'mine' });
        expect(answer.headers['x-request-id']).toBe('mine');
      }
      await app.settle(paths.length);
      const { requests } = await app.stored.only();
      expect(requests.map(({ request_id }) => request_id)).toEqual(
        paths.map(() => 'mine'),
      );
    });
  });
});

describe('fastify records', () => {
  it('a request by app.inject()', async () => {
    const app = await bootTestApp('fastify')
      .onRedis(redis)
      .prefix('api')
      .controllers(ThingsController)
      .start();
    const fastify = app.app as NestFastifyApplication;
    const answer = await fastify.inject({
      url: '/api/things/7',
      headers: { 'x-request-id': 'injected' },
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['x-request-id']).toBe('injected');
    await app.settle(1);
    const { request, response } = await app.stored.onlyExchange();
    expect(request).toMatchObject({
      path: '/api/things/7',
      route: '/api/things/:id',
      request_id: 'injected',
    });
    expect(response.status_code).toBe(200);
    expect(response).not.toHaveProperty('aborted');
  });
});
