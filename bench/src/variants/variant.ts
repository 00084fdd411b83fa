import type {
  DynamicModule,
  INestApplication,
  Provider,
  Type,
} from '@nestjs/common';
import type { TrackerStats } from 'nestjs-session-tracking';
import type { Platform } from '../app/platform.js';

/** What a variant may connect to. */
export interface Environment {
  redisUrl: string;
  sinkUrl: string;
}

/** What a variant adds to the plain app. */
export interface Setup {
  imports?: readonly (DynamicModule | Type)[];
  providers?: readonly Provider[];
  /** Called before the app listens. */
  configure?(app: INestApplication): void | Promise<void>;
  readStats?(app: INestApplication): TrackerStats;
}

export type SetUp = (environment: Environment) => Setup | Promise<Setup>;

/**
 * - `reference`: what the others are compared with
 * - `ours`: this package
 * - `peer`: a package that a team could take instead
 */
export type Role = 'reference' | 'ours' | 'peer';

export interface Variant {
  readonly name: string;
  readonly title: string;
  readonly role: Role;
  readonly platforms: readonly Platform[];
  /** Loads what the variant needs, and nothing that another one needs. */
  load(): Promise<SetUp>;
}
