import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HostRequest } from '../options/session-tracking-options.js';
import type { CurrentSessionReference } from './current-session.js';

/** What the interceptor saw of the handler. */
export interface HandlerTrace {
  /** Controller and method. */
  readonly name: string;
  durationMs: number | undefined;
  error: unknown;
}

/**
 * An HTTP request on its way through the application, until its response is closed. Has all its
 * properties from the start: one that is added later costs each request an allocation. Method, target and
 * address are those of the arrival: a host may change the first two, and who has left has no address.
 */
export interface HttpExchange {
  readonly raw: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly method: string;
  /** As the client sent it: path and query. */
  readonly target: string;
  /** Without the query string. */
  readonly path: string;
  /** Unix time in milliseconds. */
  readonly startedAt: number;
  /** Reading of the monotonic clock. */
  readonly startedMonotonic: number;
  readonly socketAddress: string;
  /** Fastify's own request, once it is known; on Express the raw one. */
  hostRequest: HostRequest;
  handler: HandlerTrace | undefined;
  graphqlOperation: string | undefined;
  /** Set by `@SkipTracking()`. */
  skipped: boolean;
  /** Set when the response was handed over whole. */
  finished: boolean;
  /** Whether it has been recorded, or left out for good. */
  ended: boolean;
  /** Answers `@CurrentSession()`. */
  readonly describeSession: (exchange: HttpExchange) => CurrentSessionReference;
}

const EXCHANGE = Symbol('session-tracking:exchange');

interface Carrier {
  [EXCHANGE]?: HttpExchange;
  raw?: Carrier;
}

/** Ties the exchange to the raw request, where every later stage finds it. */
export function attachExchange(request: object, exchange: HttpExchange): void {
  const carrier: Carrier = request;
  carrier[EXCHANGE] = exchange;
}

/**
 * The exchange of a raw request; undefined when it is not tracked. Apart from the function below, because
 * an engine finds a property three times as fast where it meets few kinds of objects.
 */
export function exchangeOf(
  raw: object | null | undefined,
): HttpExchange | undefined {
  const carrier: Carrier | null | undefined = raw;
  return carrier?.[EXCHANGE];
}

/** The same of a raw or a platform's request. */
export function findExchange(
  request: object | null | undefined,
): HttpExchange | undefined {
  const carrier: Carrier | null | undefined = request;
  return carrier?.[EXCHANGE] ?? carrier?.raw?.[EXCHANGE];
}
