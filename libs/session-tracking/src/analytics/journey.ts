import { roundMilliseconds } from '../model/durations.js';
import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
} from '../model/records.js';
import { joinExchanges } from './join-exchanges.js';

/** One step of a client's way through the API: a request with its response. */
export type JourneyEntry = RequestRecord & {
  /** Milliseconds since the request before; null for the first. */
  gap_ms: number | null;
  /** Null while no response is stored. */
  status_code: number | null;
  duration_ms: number | null;
} & Omit<Partial<ResponseRecord>, 'timestamp' | 'status_code' | 'duration_ms'>;

/** The way of a client through the API within one session, oldest step first. */
export interface Journey {
  session_id: string;
  user_id: string;
  client_ip: string;
  entries: JourneyEntry[];
}

/** Lays out a session as the sequence of what its client did. */
export function toJourney(history: SessionHistory): Journey {
  const exchanges = joinExchanges(history.requests, history.responses).toSorted(
    (a, b) => a.request.timestamp - b.request.timestamp,
  );
  return {
    session_id: history.session_id,
    user_id: history.info.user_id,
    client_ip: history.info.client_ip,
    entries: exchanges.map(({ request, response }, index) => {
      const before = exchanges[index - 1];
      return {
        ...response,
        ...request,
        status_code: response?.status_code ?? null,
        duration_ms: response?.duration_ms ?? null,
        gap_ms:
          before === undefined
            ? null
            : roundMilliseconds(
                (request.timestamp - before.request.timestamp) * 1000,
              ),
      };
    }),
  };
}
