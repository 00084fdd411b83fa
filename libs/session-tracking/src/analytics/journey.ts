import { roundMilliseconds } from '../model/records/durations.js';
import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
} from '../model/records/records.js';
import { type JoinedExchange, joinExchanges } from './join-exchanges.js';
import { type PartialMark, partialMark } from './partial-mark.js';

/** One step of a client's way through the API: a request with its response. */
export type JourneyEntry = RequestRecord & {
  /** Milliseconds since the request before; null for the first. */
  gap_ms: number | null;
  /** Null while no response is stored. */
  status_code: number | null;
  duration_ms: number | null;
} & Omit<Partial<ResponseRecord>, 'timestamp' | 'status_code' | 'duration_ms'>;

/** The way of a client through the API within one session, oldest step first. */
export interface Journey extends PartialMark {
  session_id: string;
  user_id: string;
  client_ip: string;
  entries: JourneyEntry[];
}

/** Lays out a session as the sequence of what its client did. */
export function toJourney(history: SessionHistory): Journey {
  return {
    session_id: history.session_id,
    user_id: history.info.user_id,
    client_ip: history.info.client_ip,
    ...partialMark(history.info),
    entries: toEntries(orderExchanges(history)),
  };
}

/** The requests of a session with their responses, in the order of arrival. */
export function orderExchanges({
  requests,
  responses,
}: Pick<SessionHistory, 'requests' | 'responses'>): JoinedExchange[] {
  return joinExchanges(requests, responses).toSorted(
    (a, b) => a.request.timestamp - b.request.timestamp,
  );
}

/** Turns ordered exchanges into steps, each with the time since the one before. */
export function toEntries(
  exchanges: readonly JoinedExchange[],
): JourneyEntry[] {
  return exchanges.map(({ request, response }, index) => ({
    ...response,
    ...request,
    status_code: response?.status_code ?? null,
    duration_ms: response?.duration_ms ?? null,
    gap_ms: gapBetween(exchanges[index - 1]?.request, request),
  }));
}

/** Milliseconds from one request to the next; null where there is none before. */
export function gapBetween(
  before: RequestRecord | undefined,
  request: RequestRecord,
): number | null {
  return before === undefined
    ? null
    : roundMilliseconds((request.timestamp - before.timestamp) * 1000);
}
