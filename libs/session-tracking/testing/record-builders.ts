import { randomUUID } from 'node:crypto';
import { wholeAddresses } from '../src/model/clients/address-anonymizer.js';
import { type Client, toClient } from '../src/model/clients/client-identity.js';
import type { Exchange } from '../src/model/records/exchange.js';
import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
  SessionInfo,
} from '../src/model/records/records.js';
import type { RedactionRules } from '../src/model/redaction/redaction-rules.js';
import type {
  AppendedBatch,
  RecordBatch,
  SessionStore,
} from '../src/store/session-store.js';
import { FAKE_CLOCK_START_MS } from './fake-clock.js';

/** What is redacted where nobody says otherwise. */
export const DEFAULT_REDACTION: RedactionRules = {
  redactPaths: { paths: [], redact: undefined, defaults: true },
  redactQuery: { allow: [] },
};

/** Unix time in seconds at which a test's records begin. */
export const START = FAKE_CLOCK_START_MS / 1000;

/** A moment some seconds after the start, with milliseconds as the fraction. */
export function at(seconds: number): number {
  return Math.round((START + seconds) * 1000) / 1000;
}

/** The present moment, for what a store compares with its own clock. */
export function now(): number {
  return Date.now() / 1000;
}

/** The same as a record has it, to the millisecond. */
export function moment(): number {
  return Math.round(now() * 1000) / 1000;
}

/** A moment after everything that a test does. */
export function later(): number {
  return Math.round(now()) + 3600;
}

export function requestRecord(
  over: Partial<RequestRecord> = {},
): RequestRecord {
  return {
    timestamp: START,
    path: '/items',
    method: 'GET',
    request_id: randomUUID(),
    ...over,
  };
}

export function responseRecord(
  over: Partial<ResponseRecord> = {},
): ResponseRecord {
  return {
    timestamp: START,
    request_id: randomUUID(),
    status_code: 200,
    duration_ms: 1,
    ...over,
  };
}

/** What a test says about an exchange; the rest is filled in. */
export interface ExchangeSketch {
  id?: string;
  path?: string;
  method?: string;
  route?: string;
  /** Unix time in seconds. */
  timestamp?: number;
  status?: number;
  /** In milliseconds. */
  duration?: number;
  sampling?: Exchange['sampling'];
}

/** A request of a client with its response. */
export function exchangeOf(
  client: Client,
  sketch: ExchangeSketch = {},
): Exchange {
  const {
    id = randomUUID(),
    path = '/items',
    method = 'GET',
    route,
    timestamp = START,
    status = 200,
    duration = 1,
    sampling,
  } = sketch;
  return {
    client,
    request: requestRecord({
      timestamp,
      request_id: id,
      path,
      method,
      ...(route !== undefined && { route }),
    }),
    response: responseRecord({
      timestamp,
      request_id: id,
      status_code: status,
      duration_ms: duration,
    }),
    ...(sampling !== undefined && { sampling }),
  };
}

export function user(userId: string, ip = '192.0.2.1'): Client {
  return toClient({ userId, ip }, wholeAddresses);
}

export function visitor(ip: string): Client {
  return toClient({ ip }, wholeAddresses);
}

/** Exchanges that only the totals count. */
export function leftOut(client: Client, sketch: ExchangeSketch = {}): Exchange {
  return exchangeOf(client, { ...sketch, sampling: 'left_out' });
}

/** An application instance that stores batches, numbered as the flusher numbers them. */
export class TestWriter {
  readonly writer = randomUUID();
  private sequence = 0;

  constructor(private readonly store: SessionStore) {}

  batch(
    exchanges: readonly Exchange[],
    over: Partial<RecordBatch> = {},
  ): RecordBatch {
    this.sequence += 1;
    return {
      writer: this.writer,
      sequence: this.sequence,
      partition: 0,
      seed: randomUUID(),
      exchanges,
      wantsSessionIds: true,
      ...over,
    };
  }

  append(...exchanges: Exchange[]): Promise<AppendedBatch> {
    return this.store.prepare(this.batch(exchanges)).append();
  }

  /** Stores exchanges and answers the session of each. */
  async sessionsOf(...exchanges: Exchange[]): Promise<string[]> {
    const answer = await this.append(...exchanges);
    return answer.exchanges.map(({ sessionId }) => sessionId);
  }

  /** Stores exchanges of one client and answers their session. */
  async sessionOf(...exchanges: Exchange[]): Promise<string> {
    const ids = new Set(await this.sessionsOf(...exchanges));
    const [sessionId] = ids;
    if (sessionId === undefined || ids.size > 1) {
      throw new Error(`Expected one session, got ${ids.size}.`);
    }
    return sessionId;
  }
}

/** A session as a store would answer it, for questions that need no store. */
export function historyOf(
  requests: RequestRecord[],
  responses: ResponseRecord[],
  info: Partial<SessionInfo> = {},
): SessionHistory {
  return {
    session_id: 'a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11',
    info: {
      client_ip: '192.0.2.1',
      user_id: '',
      created_at: START,
      last_seen_at: START,
      request_count: requests.length,
      response_count: responses.length,
      error_count: responses.filter(({ status_code }) => status_code >= 400)
        .length,
      duration_us_total: responses.reduce(
        (sum, { duration_ms }) => sum + Math.round(duration_ms * 1000),
        0,
      ),
      ...info,
    },
    requests,
    responses,
  };
}
