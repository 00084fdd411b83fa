import { entryOf } from '../model/entry-of.js';
import { breakWhenDue } from '../model/break-when-due.js';
import type { StoredNames } from '../model/clients/client-identity.js';
import type { SessionHistory } from '../model/records/records.js';
import { routeNameOf } from '../model/records/route-name.js';
import type { SessionStore } from '../store/session-store.js';
import { type JoinedExchange, joinExchanges } from './join-exchanges.js';
import { listSessionsOfNames } from '../store/stored-names.js';

/** Most requests of a client that are looked at for one answer. */
const MAX_REQUESTS_EXAMINED = 50_000;

/** What is stored of a client about a window, and how complete that is. */
export interface ClientRecords {
  /** By method and route. */
  readonly exchanges: Map<string, JoinedExchange[]>;
  /** Sessions with traffic since the window began that were read. */
  sessions: number;
  /** Older ones that were not, because those read had so many requests. */
  sessionsSkipped: number;
  /** Whether sampling left requests of the client out. */
  partial: boolean;
  /** Records of the sessions read that are counted but no longer kept. */
  readonly trimmed: { requests: number; responses: number };
}

/** Reads what a client did in a window, by when its requests arrived. */
export async function readClientRecords(
  store: Pick<SessionStore, 'listSessionsOfClient' | 'readSession'>,
  names: StoredNames,
  { since, until }: { since: number; until: number },
): Promise<ClientRecords> {
  const records: ClientRecords = {
    exchanges: new Map(),
    sessions: 0,
    sessionsSkipped: 0,
    partial: false,
    trimmed: { requests: 0, responses: 0 },
  };
  const sessions = await listSessionsOfNames(store, names);
  let examined = 0;
  for (const { session_id, last_seen_at } of sessions) {
    if (last_seen_at < since) {
      continue;
    }
    if (examined >= MAX_REQUESTS_EXAMINED) {
      records.sessionsSkipped += 1;
      continue;
    }
    // One after the other: all records of many sessions at once would be much to hold.
    const history = await store.readSession(session_id);
    if (history !== null) {
      examined += history.requests.length;
      addSession(records, history, since, until);
    }
    await breakWhenDue();
  }
  return records;
}

function addSession(
  records: ClientRecords,
  { info, requests, responses }: SessionHistory,
  since: number,
  until: number,
): void {
  records.sessions += 1;
  records.partial ||= info.partial === true;
  records.trimmed.requests += Math.max(0, info.request_count - requests.length);
  records.trimmed.responses += Math.max(
    0,
    info.response_count - responses.length,
  );
  for (const exchange of joinExchanges(requests, responses)) {
    const { request } = exchange;
    if (request.timestamp >= since && request.timestamp < until) {
      entryOf(records.exchanges, routeNameOf(request), () => []).push(exchange);
    }
  }
}
