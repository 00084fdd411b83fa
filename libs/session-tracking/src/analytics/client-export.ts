import { orderByArrival } from '../model/records/arrival-order.js';
import type {
  ClientReference,
  StoredNames,
} from '../model/clients/client-identity.js';
import type { SessionHistory } from '../model/records/records.js';
import type { ClientTotalsOfSlot } from '../model/totals/request-totals.js';
import type { SessionStore, SessionSummary } from '../store/session-store.js';
import {
  findOpenSession,
  listSessionsOfNames,
  readTotalsOfNames,
} from '../store/stored-names.js';

/**
 * Everything held about a client. Sessions of users that began at an address are the users', not the
 * address's: whoever asks for what is held about an address must not be handed other people's data.
 */
export interface ClientExport {
  user_id?: string;
  client_ip?: string;
  /** Unix time in seconds. */
  exported_at: number;
  /** Null when the client has no open session. */
  current_session_id: string | null;
  /** What the client added to `/clients`, earliest first; it may reach further back than the sessions. */
  totals: ClientUsage[];
  /** Newest first, each with all its records. */
  sessions: SessionHistory[];
}

/** What a client did within one slot of the totals. */
export interface ClientUsage {
  /** Unix time in seconds. */
  start: number;
  /** Length of the slot. */
  seconds: number;
  requests: number;
  responses: number;
  /** Responses with a status of 400 or more. */
  errors: number;
  total_duration_ms: number;
}

/** A `ClientExport` whose sessions are read as they are needed: together they may be much to hold. */
export interface ClientExportStream extends Omit<ClientExport, 'sessions'> {
  sessions: AsyncIterable<SessionHistory>;
}

type ExportStore = Pick<
  SessionStore,
  | 'findSessionId'
  | 'listSessionsOfClient'
  | 'readSession'
  | 'readTotalsOfClient'
>;

/** Begins to export a client; null when nothing is held about it. */
export async function streamClientExport(
  store: ExportStore,
  names: StoredNames,
  now: number,
): Promise<ClientExportStream | null> {
  const [currentSessionId, summaries, totals] = await Promise.all([
    findOpenSession(store, names),
    listOwnSessions(store, names),
    readTotalsOfNames(store, names),
  ]);
  if (
    currentSessionId === null &&
    summaries.length === 0 &&
    totals.length === 0
  ) {
    return null;
  }
  return {
    ...nameOf(names[0]),
    exported_at: now,
    current_session_id: currentSessionId,
    totals: totals.map(toClientUsage),
    sessions: readSessions(
      store,
      summaries.map(({ session_id }) => session_id),
    ),
  };
}

/** Reads all sessions of an export. */
export async function collectClientExport(
  stream: ClientExportStream,
): Promise<ClientExport> {
  const sessions: SessionHistory[] = [];
  for await (const history of stream.sessions) {
    sessions.push(history);
  }
  return { ...stream, sessions };
}

/** Exports a client as a whole; with nothing in it when nothing is held about it. */
export async function exportClient(
  store: ExportStore,
  names: StoredNames,
  now: number,
): Promise<ClientExport> {
  const stream = await streamClientExport(store, names, now);
  return stream === null
    ? {
        ...nameOf(names[0]),
        exported_at: now,
        current_session_id: null,
        totals: [],
        sessions: [],
      }
    : collectClientExport(stream);
}

function toClientUsage({
  slot: { start, length },
  totals: { requests, responses, errors, durationMicroseconds },
}: ClientTotalsOfSlot): ClientUsage {
  return {
    start,
    seconds: length,
    requests,
    responses,
    errors,
    total_duration_ms: durationMicroseconds / 1000,
  };
}

function nameOf(
  client: ClientReference,
): Pick<ClientExport, 'user_id' | 'client_ip'> {
  return client.userId === undefined
    ? { client_ip: client.ip }
    : { user_id: client.userId };
}

async function listOwnSessions(
  store: ExportStore,
  names: StoredNames,
): Promise<SessionSummary[]> {
  const [{ userId = '' }] = names;
  const sessions = await listSessionsOfNames(store, names);
  return sessions.filter(({ user_id }) => user_id === userId);
}

async function* readSessions(
  store: ExportStore,
  sessionIds: readonly string[],
): AsyncGenerator<SessionHistory> {
  for (const id of sessionIds) {
    const history = await store.readSession(id);
    if (history !== null) {
      yield orderByArrival(history);
    }
  }
}
