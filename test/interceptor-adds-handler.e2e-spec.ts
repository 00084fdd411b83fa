import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  Post,
  Req,
  Scope,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_INTERCEPTOR,
  BaseExceptionFilter,
  ModuleRef,
} from '@nestjs/core';
import { SessionTrackingInterceptor } from 'nestjs-session-tracking';
import { lastValueFrom, type Observable, of, retry, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { bootTestApp, PLATFORMS } from './support/boot-test-app.js';
import { redisForTests } from './support/redis-for-tests.js';
import {
  PriceList,
  SLOW_MS,
  ThingsController,
} from './support/shop.controllers.js';

const redis = redisForTests();

@Injectable({ scope: Scope.REQUEST })
class Basket {
  readonly created = performance.now();
}

@Controller('baskets')
class BasketsController {
  constructor(private readonly basket: Basket) {}

  @Get()
  find(): object {
    return { created: this.basket.created };
  }

  @Get('broken')
  breakDown(): never {
    throw new TypeError('The basket has a hole');
  }
}

@Controller('odd')
class OddController {
  @Get('text')
  throwText(): never {
    throw 'a text';
  }

  @Get('long')
  throwLong(): never {
    throw new PriceList(`first line\nsecond line ${'word '.repeat(1000)}`);
  }

  @Get('silent')
  throwSilently(): never {
    throw new PriceList();
  }
}

@Controller('moody')
class MoodyController {
  private calls = 0;

  @Get()
  failFirst(): string {
    this.calls += 1;
    if (this.calls === 1) {
      throw new PriceList('Not yet');
    }
    return 'now';
  }
}

/** What hosts put around handlers that may fail for a moment. */
@Injectable()
class RetryInterceptor implements NestInterceptor {
  intercept(
    _context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    return next.handle().pipe(retry(1));
  }
}

@Module({
  providers: [{ provide: APP_INTERCEPTOR, useClass: RetryInterceptor }],
})
class RetryModule {}

/** What `@nestjs/graphql` would do for a resolver: a context of its own around the same request. */
@Controller('graphql')
class GraphqlLikeController {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  @Post()
  async resolve(@Req() req: object): Promise<unknown> {
    const interceptor = this.moduleRef.get(SessionTrackingInterceptor, {
      strict: false,
    });
    const args = [
      {},
      {},
      { req },
      { fieldName: 'basket', operation: { name: { value: 'ShowBasket' } } },
    ];
    return lastValueFrom(
      interceptor.intercept(contextOf('graphql', args), answering('a basket')),
    );
  }
}

/** Keeps what reaches the host's own exception filter. */
@Catch()
class KeepingFilter extends BaseExceptionFilter {
  static readonly caught: unknown[] = [];

  override catch(error: unknown, host: ArgumentsHost): void {
    KeepingFilter.caught.push(error);
    super.catch(error, host);
  }
}

function contextOf(type: string, args: unknown[]): ExecutionContext {
  const context = {
    getType: () => type,
    getClass: () => OddController,
    getHandler: () => contextOf,
    getArgs: () => args,
    getArgByIndex: (index: number) => args[index],
    switchToHttp: () => {
      throw new Error('This is no HTTP context');
    },
    switchToRpc: () => ({ getData: () => args[0], getContext: () => args[1] }),
    switchToWs: () => ({ getClient: () => args[0], getData: () => args[1] }),
  };
  return context as unknown as ExecutionContext;
}

function answering(value: unknown): CallHandler {
  return { handle: () => of(value) };
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .controllers(
        ThingsController,
        BasketsController,
        OddController,
        GraphqlLikeController,
        MoodyController,
      )
      .providers(Basket);

  it('the record names the handler and its own time', async () => {
    const app = await shop().start();
    await app.http.get('/things/slow');
    await app.settle(1);
    const { response } = await app.stored.onlyExchange();
    expect(response.handler).toBe('ThingsController.beSlow');
    expect(response.handler_ms).toBeGreaterThan(SLOW_MS - 3);
    expect(response.handler_ms).toBeLessThanOrEqual(response.duration_ms);
    expect(response).not.toHaveProperty('error');
  });

  it('the handler’s time leaves out the transfer', async () => {
    const app = await shop().start();
    await app.http.get('/things/file');
    await app.settle(1);
    const { response } = await app.stored.onlyExchange();
    expect(response.handler_ms).toBeLessThan(SLOW_MS);
    expect(response.duration_ms).toBeGreaterThan(2 * SLOW_MS - 6);
  });

  it('what never reached a handler names none', async () => {
    const app = await shop().start();
    await app.http.get('/nothing');
    await app.settle(1);
    const { response } = await app.stored.onlyExchange();
    expect(Object.keys(response)).toEqual([
      'timestamp',
      'request_id',
      'status_code',
      'duration_ms',
    ]);
  });

  it('request-scoped controllers are followed too', async () => {
    const app = await shop().start();
    await app.http.get('/baskets');
    await app.http.get('/baskets/broken');
    await app.settle(2);
    const { responses } = await app.stored.only();
    expect(responses).toMatchObject([
      { handler: 'BasketsController.find', status_code: 200 },
      {
        handler: 'BasketsController.breakDown',
        status_code: 500,
        error: 'TypeError',
      },
    ]);
  });

  describe('a handler that throws', () => {
    it.each([
      ['/things/throws', 500, 'ThingsController.throwError', 'PriceList'],
      ['/things/rejects', 500, 'ThingsController.reject', 'PriceList'],
      [
        '/things/conflict',
        409,
        'ThingsController.throwHttpException',
        'ConflictException',
      ],
      ['/odd/text', 500, 'OddController.throwText', 'string'],
    ])(
      'is recorded with its error’s class: %s',
      async (path, status, handler, error) => {
        const app = await shop().start();
        await app.http.get(path);
        await app.settle(1);
        const { response } = await app.stored.onlyExchange();
        expect(response).toMatchObject({ status_code: status, handler, error });
        expect(response).not.toHaveProperty('error_message');
        expect(response.handler_ms).toBeGreaterThanOrEqual(0);
        expect(await app.stored.dump()).not.toContain('price list');
      },
    );

    it('is recorded with the message only where that is wanted', async () => {
      const app = await shop().tracking({ captureErrorMessages: true }).start();
      await app.http.get('/things/throws');
      await app.http.get('/odd/silent');
      await app.http.get('/odd/text');
      await app.settle(3);
      const { responses } = await app.stored.only();
      expect(responses[0]).toMatchObject({
        error: 'PriceList',
        error_message: 'The price list is on fire',
      });
      expect(responses[1]).not.toHaveProperty('error_message');
      expect(responses[2]).not.toHaveProperty('error_message');
    });

    it('is recorded with a message of one bounded line', async () => {
      const app = await shop().tracking({ captureErrorMessages: true }).start();
      await app.http.get('/odd/long');
      await app.settle(1);
      const { response } = await app.stored.onlyExchange();
      expect(response.error_message).toMatch(
        /^first line second line (?:word )+w?o?r?d?$/,
      );
      expect(response.error_message?.length).toBeLessThanOrEqual(256);
    });

    it('has its error passed on untouched', async () => {
      KeepingFilter.caught.length = 0;
      const app = await shop()
        .providers({ provide: APP_FILTER, useClass: KeepingFilter })
        .start();
      const answer = await app.http.get('/odd/text');
      expect(answer.status).toBe(500);
      await app.http.get('/things/throws');
      expect(KeepingFilter.caught[0]).toBe('a text');
      expect(KeepingFilter.caught[1]).toBeInstanceOf(PriceList);
      expect(KeepingFilter.caught).toHaveLength(2);
      await app.settle(2);
    });
  });

  it('interceptor: false leaves all of that out, and nothing else', async () => {
    const app = await shop().tracking({ interceptor: false }).start();
    await app.http.get('/things/7');
    await app.http.get('/things/throws');
    await app.settle(2);
    const exchanges = await app.stored.exchanges();
    expect(exchanges.map(({ request }) => request.route)).toEqual([
      '/things/:id',
      '/things/throws',
    ]);
    expect(exchanges.map(({ response }) => Object.keys(response))).toEqual(
      [1, 2].map(() => [
        'timestamp',
        'request_id',
        'status_code',
        'duration_ms',
      ]),
    );
    expect(exchanges[1]?.response.status_code).toBe(500);
  });

  it('what a handler answers when it is called once more counts', async () => {
    const app = await shop().imports(RetryModule).trackingLast().start();
    expect((await app.http.get('/moody')).text).toBe('now');
    await app.settle(1);
    const { response } = await app.stored.onlyExchange();
    expect(response).toMatchObject({
      status_code: 200,
      handler: 'MoodyController.failFirst',
      handler_ms: expect.any(Number),
    });
    expect(response).not.toHaveProperty('error');
  });

  it('a context that throws harms nobody', async () => {
    const app = await shop().start();
    const interceptor = app.app.get(SessionTrackingInterceptor, {
      strict: false,
    });
    const context = contextOf('graphql', [
      {},
      {},
      {
        get req(): never {
          throw new Error('No request here');
        },
      },
    ]);
    expect(
      await lastValueFrom(interceptor.intercept(context, answering('fine'))),
    ).toBe('fine');
  });

  it('a GraphQL operation adds its name to the record of its request', async () => {
    const app = await shop().start();
    const answer = await app.http.post('/graphql');
    expect(answer).toMatchObject({ status: 201, text: 'a basket' });
    await app.settle(1);
    const { request } = await app.stored.onlyExchange();
    expect(request).toMatchObject({
      route: '/graphql',
      graphql_operation: 'ShowBasket',
    });
  });

  it.each(['rpc', 'ws', 'graphql', 'something-new'])(
    'a context of type %s passes unharmed and unrecorded',
    async (type) => {
      const app = await shop().start();
      const interceptor = app.app.get(SessionTrackingInterceptor, {
        strict: false,
      });
      const context = contextOf(type, [undefined, undefined]);
      expect(
        await lastValueFrom(interceptor.intercept(context, answering('fine'))),
      ).toBe('fine');
      const error = new Error('of the host');
      await expect(
        lastValueFrom(
          interceptor.intercept(context, {
            handle: () => throwError(() => error),
          }),
        ),
      ).rejects.toBe(error);
      await app.settle(0);
      expect(app.tracker.stats().callbackErrors).toBe(0);
    },
  );
});
