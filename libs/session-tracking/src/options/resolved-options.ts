import type { CanActivate, Type } from '@nestjs/common';
import type { RedactionRules } from '../model/redaction/redaction-rules.js';
import type { RedisOption } from './redis-option.js';
import type {
  FlushOptions,
  RollupOptions,
  SamplingOptions,
  SessionTrackingOptions,
} from './session-tracking-options.js';

/** Options of which none is left out. */
type Complete<Options> = {
  readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined>;
};

/** The options as the code reads them: complete, checked and frozen. */
export interface ResolvedOptions
  extends
    Complete<
      Omit<
        SessionTrackingOptions,
        | 'redis'
        | 'identifyUser'
        | 'clientIp'
        | 'sampling'
        | 'flush'
        | 'rollups'
        | 'redactPaths'
        | 'redactQuery'
      >
    >,
    RedactionRules {
  /** Undefined: the in-memory store. */
  readonly redis: RedisOption | undefined;
  /** Undefined: the default of capture. */
  readonly identifyUser: SessionTrackingOptions['identifyUser'];
  /** Undefined: the default of capture. */
  readonly clientIp: SessionTrackingOptions['clientIp'];
  readonly sampling: Complete<SamplingOptions>;
  readonly flush: Complete<FlushOptions>;
  readonly rollups: Complete<RollupOptions>;
}

/** The structure as the code reads it. */
export interface ResolvedStructure {
  readonly isGlobal: boolean;
  readonly interceptor: boolean;
  readonly admin: ResolvedAdminOptions | false;
}

/** The admin options as the code reads them. */
export interface ResolvedAdminOptions {
  /** Without slashes at its ends. */
  readonly path: string;
  readonly guards: readonly (Type<CanActivate> | CanActivate)[];
  readonly roles: readonly string[];
}

/** Injection token of the `ResolvedOptions`. */
export const RESOLVED_OPTIONS = Symbol('session-tracking:options');

/** Injection token of the `ResolvedStructure`. */
export const RESOLVED_STRUCTURE = Symbol('session-tracking:structure');
