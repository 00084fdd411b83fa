import type { SessionHistory } from '../model/records/records.js';
import { ratePer } from './endpoint-figures.js';
import { joinExchanges } from './join-exchanges.js';
import { type PartialMark, partialMark } from './partial-mark.js';
import { percentile } from './percentile.js';

/** How many of the slowest requests a session document names. */
const SLOWEST = 5;

/** One of the slowest requests of a session. */
export interface SlowRequest {
  request_id: string;
  timestamp: number;
  method: string;
  path: string;
  status_code: number;
  duration_ms: number;
}

/** What can be said about a session at a glance. */
export interface SessionDocument extends PartialMark {
  session_id: string;
  /** Empty for an anonymous client. */
  user_id: string;
  client_ip: string;
  /** Unix time in seconds. */
  created_at: number;
  last_seen_at: number;
  /** The session that this one continues, or null. */
  previous_session_id: string | null;
  analytics: {
    request_count: number;
    response_count: number;
    /** Mean `duration_ms` over all responses; 0 without any. */
    avg_response_time: number;
    /** Responses with a status of 400 or more. */
    error_count: number;
    /** Errors per request; 0 without requests. */
    error_rate: number;
    /** Percentiles of `duration_ms` over the responses kept, nearest rank. */
    p50: number;
    p95: number;
    p99: number;
    max: number;
    /** Responses kept, by status code. */
    by_status: Record<string, number>;
    slowest: SlowRequest[];
    /** Records counted but no longer kept. */
    trimmed: { requests: number; responses: number };
  };
}

/** Summarises a session: totals from its counters, distributions from the records kept. */
export function toSessionDocument(history: SessionHistory): SessionDocument {
  const { info, requests, responses } = history;
  const durations = responses
    .map((response) => response.duration_ms)
    .toSorted((a, b) => a - b);
  const byStatus = new Map<string, number>();
  for (const { status_code } of responses) {
    const status = String(status_code);
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  }
  return {
    session_id: history.session_id,
    user_id: info.user_id,
    client_ip: info.client_ip,
    created_at: info.created_at,
    last_seen_at: info.last_seen_at,
    previous_session_id: info.previous_session_id ?? null,
    ...partialMark(info),
    analytics: {
      request_count: info.request_count,
      response_count: info.response_count,
      avg_response_time: ratePer(
        info.response_count,
        info.duration_us_total / 1000,
      ),
      error_count: info.error_count,
      error_rate: ratePer(info.request_count, info.error_count),
      p50: percentile(durations, 50),
      p95: percentile(durations, 95),
      p99: percentile(durations, 99),
      max: durations.at(-1) ?? 0,
      by_status: Object.fromEntries(byStatus),
      slowest: findSlowest(history),
      trimmed: {
        requests: Math.max(0, info.request_count - requests.length),
        responses: Math.max(0, info.response_count - responses.length),
      },
    },
  };
}

function findSlowest({ requests, responses }: SessionHistory): SlowRequest[] {
  return joinExchanges(requests, responses)
    .flatMap(({ request, response }): SlowRequest[] =>
      response === null
        ? []
        : [
            {
              request_id: request.request_id,
              timestamp: request.timestamp,
              method: request.method,
              path: request.path,
              status_code: response.status_code,
              duration_ms: response.duration_ms,
            },
          ],
    )
    .toSorted((a, b) => b.duration_ms - a.duration_ms)
    .slice(0, SLOWEST);
}
