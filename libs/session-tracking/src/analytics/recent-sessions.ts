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
}

/**
 * Reads the sessions in use most recently and hands on what was read of each; what is null is gone.
 * Those that sampling left out are passed over: only their errors and slow requests are known.
 *
 * @returns whether there were more
 */
export async function foldRecentSessions<Records>(
  store: Pick<SessionStore, 'listActiveSessions'>,
  { since }: SessionSelection,
  read: (session: SessionSummary) => Promise<Records | null>,
  fold: (records: Records) => void,
): Promise<{ truncated: boolean }> {
  const listed = await store.listActiveSessions({
    since,
    limit: MAX_SESSIONS_FOLDED + 1,
  });
  const selected = listed
    .toSorted((a, b) => b.last_seen_at - a.last_seen_at)
    .slice(0, MAX_SESSIONS_FOLDED)
    .filter(({ partial }) => partial !== true);
  await foldGroups(chunksOf(selected), read, (records) => {
    if (records !== null) {
      fold(records);
    }
  });
  return { truncated: listed.length > MAX_SESSIONS_FOLDED };
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
