import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
  Reflector,
} from '@nestjs/core';
import { HttpCapture } from '../capture/http-capture.js';
import { attachToPlatform } from '../capture/request-source.js';
import { findRouteHandlers } from '../capture/route-handlers.js';
import { SkippedRoutes } from '../capture/skipped-routes.js';
import { DuplicateModuleError } from '../errors/duplicate-module.error.js';
import {
  RESOLVED_OPTIONS,
  RESOLVED_STRUCTURE,
  type ResolvedOptions,
  type ResolvedStructure,
} from '../options/resolved-options.js';
import { SessionStore } from '../store/session-store.js';
import { systemClock } from '../tracking/clock.js';
import { SaltRotation } from '../tracking/salt-rotation.js';
import { SessionTracker } from '../tracking/session-tracker.js';
import { within } from '../tracking/within.js';

/** How long a shutdown waits for the last responses to be closed, in milliseconds. */
const LAST_RESPONSES_MS = 1000;

/** How often it looks, in milliseconds. */
const LAST_RESPONSES_POLL_MS = 5;

/** Start and end: attaches capture, drains the queue, then closes the store. */
@Injectable()
export class TrackingLifecycle
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  private closing: Promise<void> | undefined;
  private detach = (): void => undefined;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(RESOLVED_STRUCTURE) private readonly structure: ResolvedStructure,
    @Inject(SessionStore) private readonly store: SessionStore,
    private readonly tracker: SessionTracker,
    private readonly salts: SaltRotation,
    private readonly capture: HttpCapture,
    private readonly adapterHost: HttpAdapterHost,
    private readonly applicationConfig: ApplicationConfig,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
    private readonly modules: ModulesContainer,
  ) {}

  async onModuleInit(): Promise<void> {
    this.refuseDuplicates();
    await this.store.open();
    if (this.options.anonymizeIp === 'hash') {
      await this.salts.start();
    }
    const { httpAdapter } = this.adapterHost;
    // An application context has no server, and so nothing to capture.
    if (httpAdapter?.getHttpServer?.() !== undefined) {
      const { admin } = this.structure;
      this.capture.settle({
        globalPrefix: this.applicationConfig.getGlobalPrefix(),
        adminPath: admin === false ? undefined : admin.path,
        skippedRoutes: new SkippedRoutes(
          findRouteHandlers({
            discovery: this.discovery,
            scanner: this.scanner,
            reflector: this.reflector,
            modules: this.modules,
            config: this.applicationConfig,
          }),
        ),
      });
      this.detach = attachToPlatform(httpAdapter, this.capture);
    }
  }

  /**
   * The server may never get as far as the next hook, because an open stream can hold it. Nobody waits for
   * this attempt, and one that fails is made again.
   */
  beforeApplicationShutdown(): void {
    void this.tracker.flush();
  }

  onApplicationShutdown(): Promise<void> {
    this.closing ??= this.close();
    return this.closing;
  }

  private async close(): Promise<void> {
    this.detach();
    await this.lastResponses();
    await this.tracker.close(this.options.flush.shutdownMs);
    this.salts.stop();
    await this.store.close();
  }

  private refuseDuplicates(): void {
    const count = [...this.modules.values()].filter(({ providers }) =>
      providers.has(TrackingLifecycle),
    ).length;
    if (count > 1) {
      throw new DuplicateModuleError(count);
    }
  }

  /** Connections that the server cut off report their closing only after this hook has begun. */
  private async lastResponses(): Promise<void> {
    const deadline = systemClock.monotonic() + LAST_RESPONSES_MS;
    while (this.capture.inFlight > 0 && systemClock.monotonic() < deadline) {
      await within(systemClock, LAST_RESPONSES_POLL_MS);
    }
  }
}
