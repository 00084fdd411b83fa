import type { SessionStore, SessionSummary } from '../store/session-store.js';
import { foldGroups } from './fold-each.js';

/** Most sessions that an answer about everybody's sessions is made from. */
export const MAX_SESSIONS_FOLDED = 2000;

/** Sessions asked for in one go. */
const MAX_SESSIONS_AT_ONCE = 25;

/** Records asked for in one go, so that no single moment has more to parse than a few milliseconds' worth. */
const MAX_RECORDS_AT_ONCE = 1000;

/** Which sessions an answer is made from. */
export interface SessionSelection {
  /** Unix time in seconds; only sessions with a record from here on. */
  readonly since: number;
  /** Unix time in seconds; only sessions that had begun before. */
  readonly until: number;
}

/**
 * Reads the sessions in use most recently and hands on what was read of each; what is null is gone.
 *
 * @returns whether there were more
 */
export async function foldRecentSessions<Records>(
  store: Pick<SessionStore, 'listActiveSessions'>,
  selection: SessionSelection,
  read: (session: SessionSummary) => Promise<Records | null>,
  fold: (records: Records) => void,
): Promise<{ truncated: boolean }> {
  const { sessions, isComplete } = await store.listActiveSessions({
    ...selection,
    limit: MAX_SESSIONS_FOLDED,
  });
  await foldGroups(chunksOf(sessions), read, (records) => {
    if (records !== null) {
      fold(records);
    }
  });
  return { truncated: !isComplete };
}

function* chunksOf(
  sessions: readonly SessionSummary[],
): Generator<SessionSummary[], undefined> {
  let chunk: SessionSummary[] = [];
  let records = 0;
  for (const session of sessions) {
    const size = session.request_count + session.response_count;
    if (
      chunk.length === MAX_SESSIONS_AT_ONCE ||
      (chunk.length > 0 && records + size > MAX_RECORDS_AT_ONCE)
    ) {
      yield chunk;
      chunk = [];
      records = 0;
    }
    chunk.push(session);
    records += size;
  }
  if (chunk.length > 0) {
    yield chunk;
  }
}
