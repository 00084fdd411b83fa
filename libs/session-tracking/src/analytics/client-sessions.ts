import type { StoredNames } from '../model/clients/client-identity.js';
import type { SessionStore, SessionSummary } from '../store/session-store.js';
import { findOpenSession, listSessionsOfNames } from '../store/stored-names.js';

/** A client's sessions: the open one, and all that are still retained, newest first. */
export interface ClientSessions {
  user_id?: string;
  client_ip?: string;
  /** Null when the client has no open session. */
  current_session_id: string | null;
  sessions: SessionSummary[];
}

/** Looks up a client; null when nothing is stored about it. */
export async function findClientSessions(
  store: SessionStore,
  names: StoredNames,
): Promise<ClientSessions | null> {
  const [currentSessionId, sessions] = await Promise.all([
    findOpenSession(store, names),
    listSessionsOfNames(store, names),
  ]);
  if (currentSessionId === null && sessions.length === 0) {
    return null;
  }
  const [client] = names;
  const name =
    client.userId === undefined
      ? { client_ip: client.ip }
      : { user_id: client.userId };
  return { ...name, current_session_id: currentSessionId, sessions };
}
