import type { CanActivate, Type } from '@nestjs/common';
import type {
  PathRedaction,
  QueryRedaction,
} from '../model/redaction/redaction-rules.js';
import type { RedisOption } from './redis-option.js';

/**
 * A request as the platform hands it to a handler: Express' `Request` or Fastify's
 * `FastifyRequest`, with what guards and middleware have put on it.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the host knows its platform's type
export type HostRequest = any;

/** Ways to store an address. */
export type AnonymizeIp = 'none' | 'truncate' | 'hash';

/** How the queue between requests and store is emptied. */
export interface FlushOptions {
  /** Longest time that a record waits before it is sent, unless a flush is under way, in milliseconds. Default 50. */
  intervalMs?: number | undefined;
  /** Records that make a flush start at once, and the most that one takes. Default 500. */
  maxBatch?: number | undefined;
  /** Most records held while the store is slow or away; beyond it the oldest are dropped. Default 10,000. */
  maxQueue?: number | undefined;
  /** Longest time that the store may take for a batch, in milliseconds. Default 500. */
  timeoutMs?: number | undefined;
  /** Longest time that a shutdown waits for the store, in milliseconds. Default 5,000. */
  shutdownMs?: number | undefined;
}

/** Which requests are stored whole where there are too many to store all; totals count every one. */
export interface SamplingOptions {
  /** Share of the clients that are followed, from 0 to 1; decided per client, for good. Default 1. */
  rate?: number | undefined;
  /** Whether requests that failed (status 400 or more) are stored of every client. Default `true`. */
  keepErrors?: boolean | undefined;
  /** Requests that took at least so many milliseconds are stored of every client. Default 1,000. */
  keepSlowMs?: number | undefined;
}

/** How long totals stay, which hold no personal data. */
export interface RollupOptions {
  /** Seconds for which totals per minute and per five minutes stay. Default 86,400, a day. */
  minutes?: number | undefined;
  /** Seconds for which totals per hour stay. Default 2,592,000, thirty days. */
  hours?: number | undefined;
}

/** The admin API: where it is, and who gets in. */
export interface AdminOptions {
  /** Path under the host's global prefix. Default `admin/analytics`. */
  path?: string | undefined;
  /** The host's own guards, run in this order before the role is checked; they must set `req.user`. */
  guards?: readonly (Type<CanActivate> | CanActivate)[] | undefined;
  /** Roles of which the user needs one, in `req.user.roles` or `req.user.role`. Default `['admin']`. */
  roles?: readonly string[] | undefined;
}

/** What can be decided while the application starts, by a factory too. */
export interface SessionTrackingOptions {
  /** Where sessions live. Left out: in the memory of this process. */
  redis?: RedisOption | undefined;
  /** First part of every key: letters, digits and `_ . -`, at most 64. Default `app`. */
  keyPrefix?: string | undefined;
  /** Idle seconds after which a session ends. Default 7,200. */
  sessionTtlSeconds?: number | undefined;
  /** Age in seconds at which even a busy session ends. Default 86,400. */
  maxSessionSeconds?: number | undefined;
  /**
   * Seconds for which the data of a session stays readable after it ended by age. After its last record data
   * stays for the larger of this and `sessionTtlSeconds`. Default: `sessionTtlSeconds`.
   */
  retentionSeconds?: number | undefined;
  /** Newest request and response records kept per session. Default 1,000. */
  maxRecordsPerSession?: number | undefined;
  /**
   * Paths that are not recorded, exact or ending in `*`, with or without the global prefix.
   * Default: health, readiness and metrics paths and the favicon. The admin path is never recorded.
   */
  excludePaths?: readonly string[] | undefined;
  /** HTTP methods that are not recorded. Default `['OPTIONS']`. */
  excludeMethods?: readonly string[] | undefined;
  /**
   * What is hidden of paths. By default whatever looks or is named like a token, a secret or an
   * e-mail address, and what follows words such as `reset-password`. A list adds paths to that,
   * exact or ending in `*`; a function is called with each path last, and what it answers is stored.
   */
  redactPaths?:
    readonly string[] | ((path: string) => string) | PathRedaction | undefined;
  /**
   * Which values of a query are stored. Default `{ allow: [] }`: names without values. A function
   * answers what is stored instead of each value.
   */
  redactQuery?: QueryRedaction | undefined;
  /** Who is signed in. Default: `id`, `userId` or `sub` of `req.user`. */
  identifyUser?:
    | ((request: HostRequest) => string | number | bigint | null | undefined)
    | undefined;
  /** The client's address. Default: `req.ip`, which follows the host's trust-proxy setting. */
  clientIp?: ((request: HostRequest) => string | null | undefined) | undefined;
  /**
   * What is kept of addresses: all (`none`, the default); with `truncate` the network alone, 24 bits
   * of IPv4 and 48 of IPv6, so that clients of one network share a session unless signed in; with
   * `hash` a keyed hash, whose random key is another every day and is deleted a day later at the latest.
   */
  anonymizeIp?: AnonymizeIp | undefined;
  /** Whether the message of a handler's error is recorded beside its class. Default `false`. */
  captureErrorMessages?: boolean | undefined;
  /** Which requests are stored, where there are too many to store all. Default: every one. */
  sampling?: SamplingOptions | undefined;
  /** The queue between requests and store. */
  flush?: FlushOptions | undefined;
  /** How long usage totals stay. */
  rollups?: RollupOptions | undefined;
}

/** What Nest needs before it can build the module, and so cannot come from a factory. */
export interface SessionTrackingStructure {
  /** Whether every module can inject the exported services. Default `true`. */
  isGlobal?: boolean | undefined;
  /** Whether the global interceptor adds the handler's name, time and error. Default `true`. */
  interceptor?: boolean | undefined;
  /** The admin API; `false` removes it. */
  admin?: AdminOptions | false | undefined;
}
