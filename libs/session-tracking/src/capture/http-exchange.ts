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
 * properties from the start: one that is added later costs each request an allocation. What a request
 * tells at its start is kept here, because Express gives each request and each response a hidden class
 * of its own: whatever is read from them later costs a search through the prototypes.
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
  /** Read at the start: a client that has left has no address any more. */
  readonly socketAddress: string;
  /** Fastify's own request, once it is known; on Express the raw one. */
  hostRequest: HostRequest;
  handler: HandlerTrace | undefined;
  graphqlOperation: string | undefined;
  /** Set by `@SkipTracking()`. */
  skipped: boolean;
  /** Set when the response was handed over whole; the response itself tells by four searches. */
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

/** The exchange of a raw or a platform's request; undefined when it is not tracked. */
export function findExchange(
  request: object | null | undefined,
): HttpExchange | undefined {
  const carrier: Carrier | null | undefined = request;
  return carrier?.[EXCHANGE] ?? carrier?.raw?.[EXCHANGE];
}

/**
 * Reads a property of a request or response of Express. No other object has its hidden class, so a plain
 * read would be learnt each time anew, for nobody: this takes two thirds of the time.
 */
export function readUnshared(carrier: object, name: string): unknown {
  return Reflect.get(carrier, name);
}
