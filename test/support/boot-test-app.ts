import type { AddressInfo } from 'node:net';
import {
  type CanActivate,
  type DynamicModule,
  type INestApplication,
  type LoggerService,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import {
  ExpressAdapter,
  type NestExpressApplication,
} from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  SessionTracker,
  SessionTrackingModule,
  type SessionTrackingModuleOptions,
} from 'nestjs-session-tracking';
import { onTestFinished, vi } from 'vitest';
import type { RedisServer } from '../../libs/session-tracking/testing/redis-server.js';
import { HttpClient } from './http-client.js';
import { Signals } from './signals.js';
import { StoredSessions } from './stored-sessions.js';

export type Platform = 'express' | 'fastify';

/** Both platforms: every story is told on each of them. */
export const PLATFORMS: readonly Platform[] = ['express', 'fastify'];

export type TrackingOptions = SessionTrackingModuleOptions;

type Imports = NonNullable<DynamicModule['imports']>;

let prefixes = 0;

/** A key prefix that no other app of this test file uses. */
export function freshKeyPrefix(): string {
  prefixes += 1;
  return `e2e-${prefixes}`;
}

/** Begins to describe an app; without a Redis it tracks in memory. */
export function bootTestApp(platform: Platform): TestAppBuilder {
  return new TestAppBuilder(platform);
}

export class TestAppBuilder {
  private redisUrl: string | undefined;
  private readonly keyPrefix = freshKeyPrefix();
  private options: TrackingOptions = {};
  private trackingModule: Imports[number] | undefined;
  private trackingComesLast = false;
  private readonly importList: Imports = [];
  private readonly controllerList: Type[] = [];
  private readonly providerList: Provider[] = [];
  private middlewareOf: (consumer: MiddlewareConsumer) => void = () =>
    undefined;
  private configureApp: (app: INestApplication) => void = () => undefined;
  private proxies: string | ((address: string) => boolean) | undefined;
  private host = '127.0.0.1';
  private loggerService: LoggerService | undefined;
  private forcesConnectionsClosed = false;
  private speaksHttp2 = false;

  constructor(private readonly platform: Platform) {}

  /** Tracks into this server, under a key prefix of the app's own. */
  onRedis(server: Pick<RedisServer, 'url'>): this {
    this.redisUrl = server.url;
    return this;
  }

  tracking(options: TrackingOptions): this {
    this.options = { ...this.options, ...options };
    return this;
  }

  /** A tracking module that the test has made itself; null for an app without one. */
  trackingBy(make: (keyPrefix: string) => Imports[number]): this {
    this.trackingModule = make(this.keyPrefix);
    return this;
  }

  /** Imports the tracking module after all others instead of before them. */
  trackingLast(): this {
    this.trackingComesLast = true;
    return this;
  }

  imports(...imports: Imports): this {
    this.importList.push(...imports);
    return this;
  }

  controllers(...controllers: Type[]): this {
    this.controllerList.push(...controllers);
    return this;
  }

  providers(...providers: Provider[]): this {
    this.providerList.push(...providers);
    return this;
  }

  globalGuard(guard: Type<CanActivate>): this {
    return this.providers({ provide: APP_GUARD, useClass: guard });
  }

  middleware(configure: (consumer: MiddlewareConsumer) => void): this {
    this.middlewareOf = configure;
    return this;
  }

  /** Prefix, versioning, pipes: whatever a host sets up before it listens. */
  configure(configure: (app: INestApplication) => void): this {
    const before = this.configureApp;
    this.configureApp = (app) => {
      before(app);
      configure(app);
    };
    return this;
  }

  prefix(prefix: string): this {
    return this.configure((app) => app.setGlobalPrefix(prefix));
  }

  /** Believes X-Forwarded-For of these proxies, by Express' and Fastify's common names. */
  trustProxy(proxies: string | ((address: string) => boolean)): this {
    this.proxies = proxies;
    return this;
  }

  listenOn(host: string): this {
    this.host = host;
    return this;
  }

  logTo(logger: LoggerService): this {
    this.loggerService = logger;
    return this;
  }

  forceCloseConnections(): this {
    this.forcesConnectionsClosed = true;
    return this;
  }

  /** In clear text, for clients that know of it; on Fastify alone. */
  http2(): this {
    this.speaksHttp2 = true;
    return this;
  }

  async start(): Promise<TestApp> {
    const app = await this.create();
    this.configureApp(app);
    await app.listen(0, this.host);
    const stored =
      this.redisUrl === undefined
        ? undefined
        : new StoredSessions(
            this.redisUrl,
            this.options.keyPrefix ?? this.keyPrefix,
          );
    const testApp = new TestApp(app, stored);
    onTestFinished(() => testApp.stop());
    return testApp;
  }

  private async create(): Promise<INestApplication> {
    const root = this.rootModule();
    const options = {
      logger: this.loggerService ?? (false as const),
      abortOnError: false,
      forceCloseConnections: this.forcesConnectionsClosed,
    };
    if (this.platform === 'fastify') {
      return NestFactory.create(
        root,
        this.speaksHttp2
          ? new FastifyAdapter({ http2: true })
          : new FastifyAdapter({
              trustProxy: this.proxies ?? false,
              forceCloseConnections: this.forcesConnectionsClosed,
            }),
        options,
      );
    }
    const app = await NestFactory.create<NestExpressApplication>(
      root,
      new ExpressAdapter(),
      options,
    );
    if (this.proxies !== undefined) {
      app.set('trust proxy', this.proxies);
    }
    return app;
  }

  private rootModule(): Type {
    const tracking =
      this.trackingModule ??
      SessionTrackingModule.forRoot({
        ...(this.redisUrl === undefined
          ? {}
          : { redis: { url: this.redisUrl } }),
        keyPrefix: this.keyPrefix,
        ...this.options,
      });
    const configure = this.middlewareOf;

    @Module({
      imports: this.trackingComesLast
        ? [...this.importList, tracking]
        : [tracking, ...this.importList],
      controllers: this.controllerList,
      providers: [Signals, ...this.providerList],
    })
    class TestRootModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        configure(consumer);
      }
    }
    return TestRootModule;
  }
}

/** An app that listens, with a client for it and eyes on what it stored. */
export class TestApp {
  readonly url: string;
  readonly port: number;
  readonly http: HttpClient;
  readonly tracker: SessionTracker;
  readonly signals: Signals;
  private readonly startedAt = performance.now();
  private settledRecords: number | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    readonly app: INestApplication,
    private readonly reader: StoredSessions | undefined,
  ) {
    const address: AddressInfo = app.getHttpServer().address();
    this.port = address.port;
    this.url = `http://127.0.0.1:${this.port}`;
    this.http = new HttpClient(this.url);
    this.tracker = app.get(SessionTracker, { strict: false });
    this.signals = app.get(Signals);
  }

  /** What the app has stored in Redis. */
  get stored(): StoredSessions {
    if (this.reader === undefined) {
      throw new Error('This app tracks in memory.');
    }
    return this.reader;
  }

  /** Milliseconds since the app listens: longer than any request it has answered. */
  get uptimeMs(): number {
    return performance.now() - this.startedAt;
  }

  /**
   * Waits until exactly so many requests have been taken in since the start, and stores them. That
   * none came after them is checked once more when the app stops.
   */
  async settle(requests: number): Promise<void> {
    this.settledRecords = requests * 2;
    await vi.waitFor(() => this.checkAccepted(), {
      timeout: 5000,
      interval: 2,
    });
    await this.tracker.flush();
  }

  /** Closes the app and its client; twice is once. */
  stop(): Promise<void> {
    this.stopping ??= this.shutDown();
    return this.stopping;
  }

  private async shutDown(): Promise<void> {
    await this.http.close();
    await this.app.close();
    this.reader?.close();
    this.checkAccepted();
  }

  private checkAccepted(): void {
    const { accepted } = this.tracker.stats();
    if (this.settledRecords !== undefined && accepted !== this.settledRecords) {
      throw new Error(
        `${accepted} records were taken in instead of ${this.settledRecords}.`,
      );
    }
  }
}
