import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import {
  roundMilliseconds,
  toUnixSeconds,
} from '../model/records/durations.js';
import type {
  RequestRecord,
  ResponseRecord,
} from '../model/records/records.js';
import type { Redactor } from '../model/redaction/redactor.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { Clock } from '../tracking/clock.js';
import type { SessionTracker } from '../tracking/session-tracker.js';
import { ClientResolver } from './client-resolver.js';
import type { CurrentSessionReference } from './current-session.js';
import {
  describeError,
  type MessagePolicy,
} from '../model/records/error-description.js';
import {
  attachExchange,
  exchangeOf,
  type HttpExchange,
} from './http-exchange.js';
import { PathPolicy } from './path-policy.js';
import { PipelinedExchanges } from './pipelined-exchanges.js';
import {
  acceptRequestId,
  REQUEST_ID_HEADER,
} from '../model/records/request-id.js';
import { pathOf } from '../model/records/request-path.js';
import { sendRequestId } from './request-id-header.js';
import { routeTemplateOf } from './route-template.js';
import { followFinish, sentStatusOf } from './sent-answer.js';
import type { SkippedRoutes } from './skipped-routes.js';

/** nginx' status for a client that left before it was answered. */
const CLIENT_CLOSED_REQUEST = 499;

/** What the host's surroundings decide, known when the application starts. */
export interface CaptureSurroundings {
  /** Of the host; empty when it has none. */
  readonly globalPrefix: string;
  /** Of the admin API; undefined when there is none. */
  readonly adminPath: string | undefined;
  readonly skippedRoutes: SkippedRoutes;
}

/**
 * Follows each HTTP request from its arrival to the closing of its response and hands it to the
 * tracker. Works on Node's own request and response, so it sees what guards reject, what no route
 * matches and what the client aborts. Nothing in here may throw: it runs in the server's events.
 */
export class HttpCapture {
  /** Requests under way. */
  inFlight = 0;

  private readonly clients: ClientResolver;
  private readonly messages: MessagePolicy;
  private paths: PathPolicy;
  private skippedRoutes: SkippedRoutes | undefined;
  private readonly pipelined = new PipelinedExchanges();

  constructor(
    private readonly tracker: SessionTracker,
    private readonly options: ResolvedOptions,
    private readonly clock: Clock,
    addresses: AddressAnonymizer,
  ) {
    this.clients = new ClientResolver(options, addresses, () =>
      tracker.countCallbackError(),
    );
    this.messages = messagePolicyOf(options);
    this.paths = new PathPolicy([], options.excludeMethods, '');
  }

  /** To be called once, when the host's prefix and routes are known. */
  settle(surroundings: CaptureSurroundings): void {
    const { adminPath, globalPrefix } = surroundings;
    this.paths = new PathPolicy(
      adminPath === undefined
        ? this.options.excludePaths
        : [...this.options.excludePaths, `/${adminPath}`, `/${adminPath}/*`],
      this.options.excludeMethods,
      globalPrefix,
    );
    this.tracker.redactor.useGlobalPrefix(globalPrefix);
    this.skippedRoutes = surroundings.skippedRoutes;
  }

  /** Begins to follow a request, unless it is followed already or excluded. */
  begin(raw: IncomingMessage, response: ServerResponse): void {
    try {
      if (exchangeOf(raw) !== undefined) {
        return;
      }
      const { method = 'GET' } = raw;
      const target = targetOf(raw);
      const path = pathOf(target);
      if (this.paths.isExcluded(method, path)) {
        return;
      }
      const exchange: HttpExchange = {
        raw,
        response,
        requestId: acceptRequestId(raw.headers[REQUEST_ID_HEADER]),
        method,
        target,
        path,
        startedAt: this.clock.now(),
        startedMonotonic: this.clock.monotonic(),
        socketAddress: raw.socket?.remoteAddress ?? '',
        hostRequest: raw,
        handler: undefined,
        graphqlOperation: undefined,
        skipped: false,
        finished: false,
        ended: false,
        describeSession: this.describeSession,
      };
      attachExchange(raw, exchange);
      sendRequestId(exchange);
      this.inFlight += 1;
      this.followToTheEnd(exchange);
    } catch {
      this.tracker.countCallbackError();
    }
  }

  private followToTheEnd(exchange: HttpExchange): void {
    const { raw, response } = exchange;
    // One for each: a listener that all responses share would have to search each of them for its exchange.
    const end = (): void => this.end(exchange);
    response.on('close', end);
    followFinish(exchange);
    if (response.closed) {
      // Answered before it was handed on to the application.
      end();
      return;
    }
    // A pipelined request waits for its turn without a socket; if that never comes, its response is
    // never closed.
    if (response.socket === null) {
      this.pipelined.endWithConnection(raw.socket, response, end);
    }
  }

  private end(exchange: HttpExchange): void {
    if (exchange.ended) {
      return;
    }
    exchange.ended = true;
    this.inFlight -= 1;
    try {
      const { redactor } = this.tracker;
      const route = routeTemplateOf(exchange, redactor);
      if (this.isSkipped(exchange, route)) {
        return;
      }
      const durationMs = this.clock.monotonic() - exchange.startedMonotonic;
      this.tracker.recordExchange(
        this.clients.resolve(exchange),
        toRequestRecord(exchange, route, redactor),
        this.toResponseRecord(exchange, durationMs),
      );
    } catch {
      this.tracker.countCallbackError();
    }
  }

  /** The interceptor knows the handler; where it did not run, the route has to tell. */
  private isSkipped(exchange: HttpExchange, route: string): boolean {
    return exchange.handler === undefined
      ? this.skippedRoutes?.has(exchange.method, route) === true
      : exchange.skipped;
  }

  private readonly describeSession = (
    exchange: HttpExchange,
  ): CurrentSessionReference => {
    const client = this.clients.resolve(exchange);
    const { userId, ip } = client;
    return {
      requestId: exchange.requestId,
      client: userId === '' ? { ip } : { userId, ip },
      getId: () => this.tracker.getSessionIdOf(client),
    };
  };

  private toResponseRecord(
    exchange: HttpExchange,
    durationMs: number,
  ): ResponseRecord {
    const { response, handler, finished } = exchange;
    const aborted = !finished;
    const record: ResponseRecord = {
      timestamp: toUnixSeconds(exchange.startedAt + durationMs),
      request_id: exchange.requestId,
      status_code: aborted ? CLIENT_CLOSED_REQUEST : sentStatusOf(response),
      duration_ms: roundMilliseconds(durationMs),
    };
    if (handler !== undefined) {
      record.handler = handler.name;
      if (handler.durationMs !== undefined) {
        record.handler_ms = roundMilliseconds(handler.durationMs);
      }
      if (handler.error !== undefined) {
        Object.assign(record, describeError(handler.error, this.messages));
      }
    }
    if (aborted) {
      record.aborted = true;
    }
    return record;
  }
}

function messagePolicyOf({
  captureErrorMessages,
  anonymizeIp,
}: ResolvedOptions): MessagePolicy {
  if (!captureErrorMessages) {
    return 'none';
  }
  return anonymizeIp === 'none' ? 'with addresses' : 'without addresses';
}

/** What the client asked for: where one Express is mounted into another, `url` has lost its beginning. */
function targetOf(raw: IncomingMessage & { originalUrl?: unknown }): string {
  const { originalUrl, url = '/' } = raw;
  return typeof originalUrl === 'string' ? originalUrl : url;
}

function toRequestRecord(
  exchange: HttpExchange,
  route: string,
  redactor: Redactor,
): RequestRecord {
  const record: RequestRecord = {
    timestamp: toUnixSeconds(exchange.startedAt),
    path: redactor.path(exchange.path, route),
    method: exchange.method,
    request_id: exchange.requestId,
    route,
  };
  // Nearly all have none, which needs no search.
  if (exchange.target.length > exchange.path.length) {
    const query = redactor.query(exchange.target);
    if (query !== undefined) {
      record.query = query;
    }
  }
  if (exchange.graphqlOperation !== undefined) {
    record.graphql_operation = exchange.graphqlOperation;
  }
  return record;
}
