import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { AdminAnalyticsController } from '../admin/admin-analytics.controller.js';
import { LiveController } from '../admin/live.controller.js';
import { LiveRecords } from '../admin/live-records.js';
import { mountUnder } from '../admin/mount-under.js';
import { SessionTrackingInterceptor } from '../capture/session-tracking.interceptor.js';
import { resolveStructure } from '../options/resolve-options.js';
import {
  RESOLVED_STRUCTURE,
  type ResolvedStructure,
} from '../options/resolved-options.js';
import type {
  SessionTrackingOptions,
  SessionTrackingStructure,
} from '../options/session-tracking-options.js';
import { SessionStore } from '../store/session-store.js';
import { systemClock } from '../tracking/clock.js';

/** What may be given beside the options or beside their factory. */
export interface SessionTrackingExtras
  extends SessionTrackingStructure, Pick<ModuleMetadata, 'imports'> {}

/** What a class for `useClass` or `useExisting` implements. */
export interface SessionTrackingOptionsFactory {
  createSessionTrackingOptions():
    SessionTrackingOptions | Promise<SessionTrackingOptions>;
}

/** What `forRoot()` takes. */
export interface SessionTrackingModuleOptions
  extends SessionTrackingOptions, SessionTrackingExtras {}

/** What `forRootAsync()` takes: where the options come from, and what stands beside them. */
export interface SessionTrackingModuleAsyncOptions
  extends
    ConfigurableModuleAsyncOptions<
      SessionTrackingOptions,
      keyof SessionTrackingOptionsFactory
    >,
    SessionTrackingExtras {}

const DEFAULT_EXTRAS: Required<SessionTrackingExtras> = {
  isGlobal: true,
  interceptor: true,
  admin: {},
  imports: [],
};

/** Options that belong beside a factory and never in it. */
export const EXTRA_OPTIONS: readonly string[] = Object.keys(DEFAULT_EXTRAS);

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<SessionTrackingOptions>()
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSessionTrackingOptions')
    .setExtras<SessionTrackingExtras>(DEFAULT_EXTRAS, (definition, extras) => {
      const structure = resolveStructure({
        isGlobal: extras.isGlobal,
        interceptor: extras.interceptor,
        admin: extras.admin,
      });
      return {
        ...definition,
        global: structure.isGlobal,
        imports: [...(definition.imports ?? []), ...(extras.imports ?? [])],
        controllers: controllersOf(structure),
        providers: [
          ...(definition.providers ?? []),
          { provide: RESOLVED_STRUCTURE, useValue: structure },
          ...interceptorsOf(structure),
          ...liveRecordsOf(structure),
        ],
        // `RolesGuard` asks for it wherever it guards.
        exports: [...(definition.exports ?? []), RESOLVED_STRUCTURE],
      };
    })
    .build();

function controllersOf({ admin }: ResolvedStructure): Type[] {
  return admin === false
    ? []
    : [AdminAnalyticsController, LiveController].map((controller) =>
        mountUnder(admin.path, controller),
      );
}

function liveRecordsOf({ admin }: ResolvedStructure): Provider[] {
  return admin === false
    ? []
    : [
        {
          provide: LiveRecords,
          useFactory: (store: SessionStore) =>
            new LiveRecords(store, systemClock),
          inject: [SessionStore],
        },
      ];
}

function interceptorsOf({ interceptor }: ResolvedStructure): Provider[] {
  return interceptor
    ? [{ provide: APP_INTERCEPTOR, useExisting: SessionTrackingInterceptor }]
    : [];
}
