import { orderByArrival } from '../model/arrival-order.js';
import type { ClientReference, StoredNames } from '../model/client-identity.js';
import type { SessionHistory } from '../model/records.js';
import type { SessionStore, SessionSummary } from '../store/session-store.js';
import { findOpenSession, listSessionsOfNames } from '../store/stored-names.js';

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
  /** Newest first, each with all its records. */
  sessions: SessionHistory[];
}

/** A `ClientExport` whose sessions are read as they are needed: together they may be much to hold. */
export interface ClientExportStream extends Omit<ClientExport, 'sessions'> {
  sessions: AsyncIterable<SessionHistory>;
}

type ExportStore = Pick<
  SessionStore,
  'findSessionId' | 'listSessionsOfClient' | 'readSession'
>;

/** Begins to export a client; null when nothing is held about it. */
export async function streamClientExport(
  store: ExportStore,
  names: StoredNames,
  now: number,
): Promise<ClientExportStream | null> {
  const [currentSessionId, summaries] = await Promise.all([
    findOpenSession(store, names),
    listOwnSessions(store, names),
  ]);
  if (currentSessionId === null && summaries.length === 0) {
    return null;
  }
  return {
    ...nameOf(names[0]),
    exported_at: now,
    current_session_id: currentSessionId,
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

/** Exports a client as a whole; without any session when nothing is held about it. */
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
        sessions: [],
      }
    : collectClientExport(stream);
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
