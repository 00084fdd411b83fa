import {
  type DynamicModule,
  Logger,
  Module,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModuleRef } from '@nestjs/core';
import { SessionAnalytics } from '../analytics/session-analytics.js';
import { HttpCapture } from '../capture/http-capture.js';
import { SessionTrackingInterceptor } from '../capture/session-tracking.interceptor.js';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import {
  AddressAnonymizer,
  truncatedAddresses,
  wholeAddresses,
} from '../model/clients/address-anonymizer.js';
import {
  checkObject,
  checkOptions,
  OBJECT_OF_OPTIONS,
  resolveOptions,
} from '../options/resolve-options.js';
import {
  RESOLVED_OPTIONS,
  type ResolvedOptions,
} from '../options/resolved-options.js';
import { SessionStore } from '../store/session-store.js';
import { AuditLog } from '../tracking/audit-log.js';
import { systemClock } from '../tracking/clock.js';
import { SaltRotation } from '../tracking/salt-rotation.js';
import { SessionTracker } from '../tracking/session-tracker.js';
import { createSessionStore } from './create-session-store.js';
import {
  ConfigurableModuleClass,
  EXTRA_OPTIONS,
  MODULE_OPTIONS_TOKEN,
  type SessionTrackingModuleAsyncOptions,
  type SessionTrackingModuleOptions,
} from './session-tracking.module-definition.js';
import { TrackingLifecycle } from './tracking-lifecycle.js';

const PROVIDERS: Provider[] = [
  {
    provide: RESOLVED_OPTIONS,
    useFactory: resolveOptions,
    inject: [MODULE_OPTIONS_TOKEN],
  },
  {
    provide: SessionStore,
    useFactory: createSessionStore,
    inject: [RESOLVED_OPTIONS, ModuleRef],
  },
  {
    provide: SaltRotation,
    useFactory: (store: SessionStore, { maxSessionSeconds }: ResolvedOptions) =>
      new SaltRotation(
        store,
        maxSessionSeconds,
        systemClock,
        new Logger('SessionTracking'),
      ),
    inject: [SessionStore, RESOLVED_OPTIONS],
  },
  {
    provide: AddressAnonymizer,
    useFactory: (
      { anonymizeIp }: ResolvedOptions,
      rotation: SaltRotation,
    ): AddressAnonymizer =>
      ({
        none: wholeAddresses,
        truncate: truncatedAddresses,
        hash: rotation.addresses,
      })[anonymizeIp],
    inject: [RESOLVED_OPTIONS, SaltRotation],
  },
  {
    provide: AuditLog,
    useFactory: () => new AuditLog(new Logger('SessionTrackingAudit')),
  },
  {
    provide: SessionTracker,
    useFactory: (
      store: SessionStore,
      options: ResolvedOptions,
      addresses: AddressAnonymizer,
      audit: AuditLog,
    ) =>
      new SessionTracker(
        store,
        options,
        addresses,
        systemClock,
        new Logger('SessionTracking'),
        audit,
      ),
    inject: [SessionStore, RESOLVED_OPTIONS, AddressAnonymizer, AuditLog],
  },
  {
    provide: SessionAnalytics,
    useFactory: (
      store: SessionStore,
      options: ResolvedOptions,
      addresses: AddressAnonymizer,
    ) =>
      new SessionAnalytics(store, options, addresses, () => systemClock.now()),
    inject: [SessionStore, RESOLVED_OPTIONS, AddressAnonymizer],
  },
  {
    provide: HttpCapture,
    useFactory: (
      tracker: SessionTracker,
      options: ResolvedOptions,
      addresses: AddressAnonymizer,
    ) => new HttpCapture(tracker, options, systemClock, addresses),
    inject: [SessionTracker, RESOLVED_OPTIONS, AddressAnonymizer],
  },
  SessionTrackingInterceptor,
  TrackingLifecycle,
];

/**
 * Records what each client of the application does.
 *
 * @example
 * imports: [
 *   SessionTrackingModule.forRoot({ redis: { url: 'redis://localhost:6379' } }),
 * ]
 */
@Module({
  imports: [DiscoveryModule],
  providers: PROVIDERS,
  exports: [SessionTracker, SessionAnalytics],
})
export class SessionTrackingModule extends ConfigurableModuleClass {
  /**
   * With options that are known in the code.
   *
   * @throws InvalidOptionsError naming every wrong option
   */
  static override forRoot(
    options: SessionTrackingModuleOptions = {},
  ): DynamicModule {
    checkObject('what forRoot() was given', options, OBJECT_OF_OPTIONS);
    const { isGlobal, interceptor, admin, imports: _, ...rest } = options;
    checkOptions(rest, { isGlobal, interceptor, admin });
    return super.forRoot(options);
  }

  /**
   * With options from a factory, a class or a provider. `isGlobal`, `interceptor` and `admin` stand
   * beside it, because Nest needs them before it can call it.
   *
   * @throws InvalidOptionsError at once for what stands beside the factory, and when the application
   *   starts for what it returns
   */
  static override forRootAsync(
    options: SessionTrackingModuleAsyncOptions,
  ): DynamicModule {
    checkObject(
      'what forRootAsync() was given',
      options,
      `an object with ${OPTION_SOURCES.join(' or ')}`,
    );
    const misplaced = Object.keys(options).filter(
      (key) => !EXTRA_OPTIONS.includes(key) && !ASYNC_OPTIONS.includes(key),
    );
    if (misplaced.length > 0) {
      throw new InvalidOptionsError(
        misplaced.map((option) => ({
          option,
          value: 'given beside the factory',
          takes: `no value there; what it may stand beside are ${EXTRA_OPTIONS.join(', ')}, all else is returned by the factory`,
        })),
      );
    }
    if (!OPTION_SOURCES.some((source) => options[source] !== undefined)) {
      throw new InvalidOptionsError([
        {
          option: 'useFactory',
          value: 'missing',
          takes: `a function that returns the options, unless ${OPTION_SOURCES.slice(1).join(' or ')} is given`,
        },
      ]);
    }
    return super.forRootAsync(options);
  }
}

const OPTION_SOURCES = ['useFactory', 'useClass', 'useExisting'] as const;

const ASYNC_OPTIONS: readonly string[] = [
  ...OPTION_SOURCES,
  'inject',
  'provideInjectionTokensFrom',
];
