// A host application that a test starts in a process of its own; see write-path-child.ts.
import 'reflect-metadata';
import { RedisModule } from '@liaoliaots/nestjs-redis';
import {
  Controller,
  Get,
  type INestApplication,
  Module,
  Param,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  SessionTracker,
  SessionTrackingModule,
  type TrackerStats,
} from 'nestjs-session-tracking';
import { map, mergeMap, tap } from 'rxjs';
import type { Platform, TrackingOptions } from './boot-test-app.js';
import { HeldController } from './write-path-shop.js';

export interface HostSettings {
  platform: Platform;
  redisUrl?: string;
  keyPrefix: string;
  forceCloseConnections?: boolean;
  /** Where the host's own RedisModule stands; ours then uses its client. */
  redisModule?: 'before' | 'after';
  flush?: TrackingOptions['flush'];
  /** Whose code is hostile: all callbacks of the host, or the user that it puts on a request. */
  hostile?: 'callbacks' | 'user';
}

export interface ProcessSettings {
  apps: HostSettings[];
  /** Further instances that track into these without end. */
  furtherRedisUrls?: string[];
}

export interface HostState {
  /** Requests that `HeldController` has taken in. */
  entered: number;
  stats: TrackerStats;
}

export type HostQuestion = 'release' | 'state';

export type HostAnswer =
  | { type: 'listening'; urls: string[] }
  | { type: 'state'; states: HostState[] };

const { apps, furtherRedisUrls = [] }: ProcessSettings = JSON.parse(
  process.env['HOST_SETTINGS'] ?? '{"apps":[]}',
);

/** Things that a handler can throw, however foolish. */
const THROWN: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  text: () => 'text',
  bare: () => Object.create(null),
  getters: () =>
    Object.defineProperties(new Error('x'), {
      name: { get: fail },
      message: { get: fail },
      constructor: { get: fail },
    }),
  proxy: () => new Proxy(new Error('x'), { get: fail }),
};

function fail(): never {
  throw new Error('hostile');
}

function reject(): Promise<never> {
  return Promise.reject(new Error('hostile and late'));
}

/** Typed as a callback that TypeScript lets through, as it does in a host with looser types. */
const failLater: () => unknown = reject;

@Controller('hostile')
class HostileController {
  @Get('throws/:what')
  throws(@Param('what') what: string): never {
    // oxlint-disable-next-line typescript/only-throw-error -- that is the point
    throw THROWN[what]?.();
  }

  @Get(':what')
  ok(@Param('what') what: string): string {
    return what;
  }
}

function hostileOptions({ hostile }: HostSettings): TrackingOptions {
  if (hostile !== 'callbacks') {
    return {};
  }
  const callbacks: Record<string, () => unknown> = {
    throws: fail,
    'rejects-later': failLater,
    'is-a-symbol': () => Symbol('id'),
    'is-an-object': () => ({ toString: fail }),
    'is-a-proxy': () => new Proxy({}, { get: fail }),
    'throws-nothing': () => {
      // oxlint-disable-next-line typescript/only-throw-error -- that is the point
      throw undefined;
    },
  };
  const behave = (request: { url: string }): unknown =>
    callbacks[request.url.split('/').at(-1) ?? '']?.();
  return {
    identifyUser: behave as NonNullable<TrackingOptions['identifyUser']>,
    clientIp: behave as NonNullable<TrackingOptions['clientIp']>,
    captureErrorMessages: true,
  };
}

/** Puts a user on the request that throws at whoever looks at it. */
function hostileUser(
  request: object,
  _response: unknown,
  next: () => void,
): void {
  Object.defineProperty(request, 'user', {
    value: {
      get id() {
        return fail();
      },
    },
    configurable: true,
  });
  next();
}

function subscribeHostile(tracker: SessionTracker): void {
  const { records$ } = tracker;
  records$.subscribe(fail);
  records$.subscribe(failLater);
  records$.subscribe({ next: fail, complete: fail });
  records$.pipe(map(fail)).subscribe();
  records$.pipe(map(({ type }) => type)).subscribe(fail);
  records$.pipe(tap(fail)).subscribe({ error: fail });
  records$.pipe(mergeMap(reject)).subscribe();
  records$.pipe(mergeMap(reject)).subscribe({ error: fail });
  records$
    .pipe(
      tap(),
      map((record) => record),
    )
    .subscribe({ next: failLater });
}

function rootModule(settings: HostSettings) {
  const { redisModule, redisUrl, keyPrefix, flush } = settings;
  const tracking = SessionTrackingModule.forRoot({
    ...(redisUrl === undefined
      ? {}
      : {
          redis:
            redisModule === undefined
              ? { url: redisUrl }
              : { namespace: 'host' },
        }),
    keyPrefix,
    ...(flush === undefined ? {} : { flush }),
    ...hostileOptions(settings),
  });
  const redis = RedisModule.forRoot({
    config: { namespace: 'host', url: redisUrl ?? '' },
  });

  @Module({
    imports:
      redisModule === undefined
        ? [tracking]
        : redisModule === 'before'
          ? [redis, tracking]
          : [tracking, redis],
    controllers: [HeldController, HostileController],
  })
  class HostModule {}
  return HostModule;
}

async function startApp(settings: HostSettings): Promise<INestApplication> {
  const forceCloseConnections = settings.forceCloseConnections ?? false;
  const app = await NestFactory.create(
    rootModule(settings),
    settings.platform === 'fastify'
      ? new FastifyAdapter({ forceCloseConnections })
      : new ExpressAdapter(),
    { logger: ['log', 'warn', 'error'], forceCloseConnections },
  );
  if (settings.hostile === 'user') {
    app.use(hostileUser);
  }
  if (settings.hostile === 'callbacks') {
    subscribeHostile(app.get(SessionTracker));
  }
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  return app;
}

/** Tracks without end into a Redis, and asks it too. */
async function trackInto(url: string): Promise<void> {
  @Module({
    imports: [
      SessionTrackingModule.forRoot({
        redis: { url },
        flush: { intervalMs: 10, timeoutMs: 100, shutdownMs: 100 },
      }),
    ],
  })
  class FurtherModule {}
  const context = await NestFactory.createApplicationContext(FurtherModule, {
    logger: false,
  });
  const tracker = context.get(SessionTracker);
  setInterval(() => {
    const client = { ip: '192.0.2.1' };
    void tracker.recordRequest(client, { path: '/', method: 'GET' });
    tracker.getSessionId(client).catch(() => undefined);
    tracker.getSessionHistory('x').catch(() => undefined);
  }, 10);
}

const running = await Promise.all(apps.map(startApp));
await Promise.all(furtherRedisUrls.map(trackInto));

const answer = (message: HostAnswer): void => void process.send?.(message);
process.on('message', (question: HostQuestion) => {
  if (question === 'release') {
    running.forEach((app) => app.get(HeldController).release());
  } else {
    const states = running.map((app) => ({
      entered: app.get(HeldController).entered,
      stats: app.get(SessionTracker).stats(),
    }));
    answer({ type: 'state', states });
  }
});
const urls = await Promise.all(running.map((app) => app.getUrl()));
answer({ type: 'listening', urls });
