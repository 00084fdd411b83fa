import { inspect } from 'node:util';
import { type DynamicModule, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as library from 'nestjs-session-tracking';
import {
  DuplicateModuleError,
  InvalidOptionsError,
  SessionAnalytics,
  SessionTracker,
  SessionTrackingModule,
  type SessionTrackingModuleAsyncOptions,
  type SessionTrackingOptions,
  type SessionTrackingOptionsFactory,
} from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import {
  bootTestApp,
  freshKeyPrefix,
  PLATFORMS,
  type TrackingOptions,
} from './support/boot-test-app.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';
import { ThingsController } from './support/shop.controllers.js';

const redis = redisForTests();

/** Settings of a host, in a module of their own. */
@Injectable()
class Settings {
  readonly keyPrefix = freshKeyPrefix();

  get redisUrl(): string {
    return redis.url;
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class TrackingConfig implements SessionTrackingOptionsFactory {
  constructor(private readonly settings: Settings) {}

  createSessionTrackingOptions(): SessionTrackingOptions {
    return optionsFrom(this.settings);
  }
}

@Module({
  imports: [SettingsModule],
  providers: [TrackingConfig],
  exports: [TrackingConfig],
})
class TrackingConfigModule {}

function optionsFrom(settings: Settings): SessionTrackingOptions {
  return {
    redis: { url: settings.redisUrl },
    keyPrefix: settings.keyPrefix,
    excludePaths: ['/things/res'],
  };
}

/** A service of the host, in a module that does not import tracking. */
@Injectable()
class Reports {
  constructor(
    readonly tracker: SessionTracker,
    readonly analytics: SessionAnalytics,
  ) {}
}

@Module({ providers: [Reports] })
class ReportsModule {}

const extras = { admin: { guards: [HeaderUserGuard] } };

describe.each(PLATFORMS)('on %s', (platform) => {
  describe('forRoot()', () => {
    it('without arguments tracks in memory', async () => {
      const app = await bootTestApp(platform)
        .trackingBy(() => SessionTrackingModule.forRoot())
        .controllers(ThingsController)
        .start();
      await app.http.get('/things/7');
      await app.settle(1);
      expect(app.tracker.stats()).toMatchObject({
        store: 'memory',
        stored: 2,
        dropped: 0,
      });
      const id = await app.tracker.getSessionId({ ip: '127.0.0.1' });
      expect(await app.tracker.getSessionHistory(id ?? '')).toMatchObject({
        info: { client_ip: '127.0.0.1', request_count: 1 },
        requests: [{ path: '/things/7', route: '/things/:id' }],
      });
      expect((await app.http.get('/admin/analytics/health')).status).toBe(401);
    });

    it('takes undefined for what is left out', async () => {
      const app = await bootTestApp(platform)
        .trackingBy(() =>
          SessionTrackingModule.forRoot({
            redis: undefined,
            keyPrefix: undefined,
            flush: { intervalMs: undefined },
            admin: undefined,
            isGlobal: undefined,
          }),
        )
        .controllers(ThingsController)
        .start();
      await app.http.get('/things/7');
      await app.settle(1);
      expect((await app.http.get('/admin/analytics/health')).status).toBe(401);
    });

    it('takes null for a callback that is left out', async () => {
      const app = await bootTestApp(platform)
        .trackingBy(() =>
          SessionTrackingModule.forRoot({
            identifyUser: null,
            clientIp: null,
          } as unknown as TrackingOptions),
        )
        .controllers(ThingsController)
        .start();
      await app.http.get('/things/7');
      await app.settle(1);
      expect(app.tracker.stats()).toMatchObject({
        stored: 2,
        callbackErrors: 0,
      });
    });
  });

  it('sampling reaches what is captured', async () => {
    const app = await bootTestApp(platform)
      .trackingBy(() =>
        SessionTrackingModule.forRoot({ sampling: { rate: 0 } }),
      )
      .controllers(ThingsController)
      .start();
    await app.http.get('/things/7');
    await app.settle(1);
    expect(await app.tracker.getSessionId({ ip: '127.0.0.1' })).toBeNull();
    await app.http.get('/nowhere');
    await app.settle(2);
    const id = await app.tracker.getSessionId({ ip: '127.0.0.1' });
    expect(await app.tracker.getSessionHistory(id ?? '')).toMatchObject({
      info: { partial: true, request_count: 1 },
      requests: [{ path: '/nowhere' }],
    });
    expect(app.tracker.stats()).toMatchObject({ stored: 4, dropped: 0 });
  });

  describe('forRootAsync()', () => {
    const ways: [string, DynamicModule][] = [
      [
        'useFactory',
        SessionTrackingModule.forRootAsync({
          ...extras,
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: optionsFrom,
        }),
      ],
      [
        'useFactory that waits',
        SessionTrackingModule.forRootAsync({
          ...extras,
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: (settings: Settings) =>
            Promise.resolve(optionsFrom(settings)),
        }),
      ],
      [
        'useClass',
        SessionTrackingModule.forRootAsync({
          ...extras,
          imports: [SettingsModule],
          useClass: TrackingConfig,
        }),
      ],
      [
        'useExisting',
        SessionTrackingModule.forRootAsync({
          ...extras,
          imports: [TrackingConfigModule],
          useExisting: TrackingConfig,
        }),
      ],
    ];

    it.each(ways)('%s', async (_way, tracking) => {
      const app = await bootTestApp(platform)
        .trackingBy(() => tracking)
        .controllers(ThingsController)
        .start();
      await app.http.get('/things/res');
      await app.http.get('/things/7');
      await app.settle(1);
      expect(app.tracker.stats().store).toBe('redis');
      expect(app.app.get(Settings, { strict: false }).redisUrl).toBe(redis.url);
      const admin = asUser({ role: 'admin' });
      const { status, text } = await app.http.get(
        '/admin/analytics/sessions',
        admin,
      );
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({
        sessions: [{ client_ip: '127.0.0.1', request_count: 1 }],
      });
    });
  });
});

/** The module, made in either way. */
const tracking = (isGlobal?: boolean): [string, DynamicModule][] => {
  const given = isGlobal === undefined ? {} : { isGlobal };
  return [
    ['forRoot', SessionTrackingModule.forRoot(given)],
    [
      'forRootAsync',
      SessionTrackingModule.forRootAsync({
        ...given,
        useFactory: () => ({}),
      }),
    ],
  ];
};

describe('the exported services', () => {
  it.each([...tracking(), ...tracking(true)])(
    'can be injected everywhere: %s',
    async (_way, module) => {
      const app = await bootTestApp('express')
        .trackingBy(() => module)
        .imports(ReportsModule)
        .start();
      const reports = app.app.get(Reports, { strict: false });
      expect(reports.tracker).toBe(app.tracker);
      expect(reports.analytics).toBeInstanceOf(SessionAnalytics);
    },
  );

  it.each(tracking(false))(
    'only where the module is imported with isGlobal: false: %s',
    async (_way, module) => {
      const stranger = bootTestApp('express')
        .trackingBy(() => module)
        .imports(ReportsModule)
        .start();
      await expect(stranger).rejects.toThrow(
        /can't resolve dependencies of the Reports/,
      );

      const app = await bootTestApp('express')
        .trackingBy(() => module)
        .providers(Reports)
        .start();
      expect(app.app.get(Reports).tracker).toBe(app.tracker);
    },
  );

  it('find what a host records by itself', async () => {
    const app = await bootTestApp('express').start();
    const client = { userId: '42', ip: '192.0.2.1' };
    const id = await app.tracker.recordRequest(client, {
      path: '/jobs/nightly',
      method: 'CRON',
      request_id: 'night-1',
    });
    await app.tracker.recordResponse(client, {
      request_id: 'night-1',
      status_code: 500,
      duration_ms: 1234.5,
    });
    expect(await app.tracker.getSessionId({ userId: '42' })).toBe(id);
    const analytics = app.app.get(SessionAnalytics);
    expect(await analytics.getSession(id)).toMatchObject({
      user_id: '42',
      analytics: {
        request_count: 1,
        error_count: 1,
        error_rate: 1,
        avg_response_time: 1234.5,
      },
    });
  });
});

/** The error with which an app that imports what is made here does not start. */
async function startUpError(
  make: () => DynamicModule,
): Promise<InvalidOptionsError> {
  try {
    await bootTestApp('express')
      .trackingBy(() => make())
      .start();
  } catch (error) {
    if (error instanceof InvalidOptionsError) {
      return error;
    }
    throw error;
  }
  throw new Error('The app has started.');
}

describe('wrong options', () => {
  const wrong = {
    redis: { url: 'http://localhost' },
    keyPrefix: 'with space',
    sessionTtlSeconds: 0,
    maxSessionSeconds: '1 day',
    retentionSeconds: -1,
    maxRecordsPerSession: 1.5,
    excludePaths: ['health', '/a*b'],
    excludeMethods: 'OPTIONS',
    identifyUser: 'id',
    clientIp: 42,
    captureErrorMessages: 'yes',
    flush: { intervalMs: 0, maxBatch: null, speed: 'high' },
    sessionTtl: 7200,
  } as unknown as SessionTrackingOptions;

  const wrongNames = [
    'redis',
    'keyPrefix',
    'sessionTtlSeconds',
    'maxSessionSeconds',
    'retentionSeconds',
    'maxRecordsPerSession',
    'excludePaths',
    'excludeMethods',
    'identifyUser',
    'clientIp',
    'captureErrorMessages',
    'flush.intervalMs',
    'flush.speed',
    'sessionTtl',
  ];

  it.each<[string, () => DynamicModule]>([
    ['forRoot', () => SessionTrackingModule.forRoot(wrong)],
    [
      'forRootAsync',
      () => SessionTrackingModule.forRootAsync({ useFactory: () => wrong }),
    ],
  ])('of %s stop the app with one error that names all', async (_way, make) => {
    const error = await startUpError(make);
    expect(new Set(error.invalid.map(({ option }) => option))).toEqual(
      new Set(wrongNames),
    );
    for (const { option, value, takes } of error.invalid) {
      expect(error.message).toContain(`${option} is ${value}; it takes`);
      expect(takes).not.toBe('');
    }
    expect(error.message).toContain('sessionTtlSeconds is 0');
    expect(error.message).toMatch(/keyPrefix is .with space./);
  });

  it('beside the options are named together with them', async () => {
    const error = await startUpError(() =>
      SessionTrackingModule.forRoot({
        keyPrefix: '',
        admin: {
          path: 'a b',
          guards: ['JwtAuthGuard'],
          roles: 'admin',
          user: 'root',
        },
        isGlobal: 'yes',
      } as unknown as TrackingOptions),
    );
    expect(new Set(error.invalid.map(({ option }) => option))).toEqual(
      new Set([
        'keyPrefix',
        'admin.path',
        'admin.guards',
        'admin.roles',
        'admin.user',
        'isGlobal',
      ]),
    );
  });

  it('never print a password', async () => {
    const error = await startUpError(() =>
      SessionTrackingModule.forRoot({
        redis: { uri: 'redis://user:hunter2@localhost' },
      } as unknown as TrackingOptions),
    );
    expect(error.message).not.toContain('hunter2');
    expect(error.message).toContain('uri');
  });

  it.each(['isGlobal', 'interceptor', 'admin'])(
    '%s from a factory is refused, because it comes too late',
    async (option) => {
      const error = await startUpError(() =>
        SessionTrackingModule.forRootAsync({
          useFactory: () => ({ [option]: false }),
        }),
      );
      expect(error.invalid).toMatchObject([
        { option, takes: expect.stringContaining('beside the factory') },
      ]);
    },
  );

  it('an option beside the factory is refused, because nobody would read it', async () => {
    const error = await startUpError(() =>
      SessionTrackingModule.forRootAsync({
        useFactory: () => ({}),
        keyPrefix: 'mine',
      } as SessionTrackingModuleAsyncOptions),
    );
    expect(error.invalid).toMatchObject([{ option: 'keyPrefix' }]);
  });

  it('forRootAsync() without anything that makes options is refused', async () => {
    const error = await startUpError(() =>
      SessionTrackingModule.forRootAsync({ isGlobal: false }),
    );
    expect(error.invalid).toEqual([
      {
        option: 'useFactory',
        value: 'missing',
        takes: expect.stringContaining('unless useClass or useExisting'),
      },
    ]);
  });

  it.each([null, 'in memory', 7])(
    'instead of an object, such as %j, are refused',
    async (given) => {
      for (const make of [
        SessionTrackingModule.forRoot.bind(SessionTrackingModule),
        SessionTrackingModule.forRootAsync.bind(SessionTrackingModule),
      ]) {
        const error = await startUpError(() => make(given as never));
        expect(error.invalid).toMatchObject([
          { value: inspect(given), takes: expect.stringMatching(/^an object/) },
        ]);
      }
    },
  );

  it.each<[string, unknown]>([
    ['two kinds of Redis at once', { url: 'redis://x', namespace: 'y' }],
    ['an empty object', {}],
    ['a text', 'redis://localhost'],
    ['something that is no client', { client: { get: () => null } }],
    ['an empty namespace', { namespace: '' }],
  ])('redis as %s is refused', async (_case, given) => {
    const error = await startUpError(() =>
      SessionTrackingModule.forRoot({ redis: given } as TrackingOptions),
    );
    expect(error.invalid).toMatchObject([{ option: 'redis' }]);
  });
});

describe('an application that imports the module', () => {
  it('twice does not start', async () => {
    await expect(
      bootTestApp('express')
        .trackingBy(() => SessionTrackingModule.forRoot({ keyPrefix: 'one' }))
        .imports(SessionTrackingModule.forRoot({ keyPrefix: 'two' }))
        .start(),
    ).rejects.toThrow(DuplicateModuleError);
  });

  it('in two places, made once, has one', async () => {
    const shared = SessionTrackingModule.forRoot({ isGlobal: false });
    const app = await bootTestApp('express')
      .trackingBy(() => shared)
      .imports({ module: ReportsModule, imports: [shared] })
      .controllers(ThingsController)
      .start();
    await app.http.get('/things/7');
    await app.settle(1);
    expect(app.tracker.stats().stored).toBe(2);
  });
});

describe('without a server', () => {
  it('an application context has the services', async () => {
    @Module({
      imports: [SessionTrackingModule.forRoot({ redis: { url: redis.url } })],
    })
    class WorkerModule {}

    const context = await NestFactory.createApplicationContext(WorkerModule, {
      logger: false,
      abortOnError: false,
    });
    const tracker = context.get(SessionTracker);
    const id = await tracker.recordRequest(
      { ip: '192.0.2.77' },
      { path: '/jobs/1', method: 'CRON' },
    );
    expect(await tracker.getSessionId({ ip: '192.0.2.77' })).toBe(id);
    await context.close();
    expect(tracker.stats()).toMatchObject({ stored: 1, queued: 0 });
  });
});

describe('the public surface', () => {
  it('is this and nothing more', () => {
    const names = Object.keys(library);
    expect(names.toSorted((a, b) => a.localeCompare(b))).toMatchInlineSnapshot(`
      [
        "AdminAnalyticsController",
        "AdminGuardError",
        "CurrentSession",
        "DuplicateModuleError",
        "InvalidCursorError",
        "InvalidOptionsError",
        "InvalidQueryError",
        "InvalidRecordError",
        "RecordDroppedError",
        "RedisConnectionError",
        "Roles",
        "RolesGuard",
        "SessionAnalytics",
        "SessionTracker",
        "SessionTrackingError",
        "SessionTrackingInterceptor",
        "SessionTrackingModule",
        "SkipTracking",
        "StoreUnavailableError",
      ]
    `);
  });
});
