import type { ClientReference } from '../../model/clients/client-identity.js';
import {
  decodeCursor,
  isAfter,
  newestFirst,
  toPage,
} from '../listing-cursor.js';
import type {
  ActiveSessions,
  ActivityListing,
  SessionListing,
  SessionPage,
  SessionSummary,
} from '../session-store.js';
import type { StoredSession } from './memory-sessions.js';

/** @throws InvalidCursorError when the cursor was never given */
export function pageOf(
  sessions: readonly StoredSession[],
  listing: SessionListing,
): SessionPage {
  const position =
    listing.cursor === undefined ? undefined : decodeCursor(listing.cursor);
  const matching = sessions
    .map(summarize)
    .filter(
      (session) =>
        session.created_at >= (listing.since ?? Number.NEGATIVE_INFINITY) &&
        session.created_at <= (listing.until ?? Number.POSITIVE_INFINITY) &&
        (position === undefined || isAfter(session, position)),
    )
    .toSorted(newestFirst);
  return toPage(matching, listing.limit);
}

/** The sessions of a user, or those that began at an address, newest first. */
export function sessionsOf(
  sessions: readonly StoredSession[],
  { userId, ip }: ClientReference,
): SessionSummary[] {
  return sessions
    .filter(({ info }) =>
      userId === undefined
        ? info.client_ip === ip
        : userId !== '' && info.user_id === userId,
    )
    .map(summarize)
    .toSorted(newestFirst);
}

/** The sessions in use most recently. */
export function activeOf(
  sessions: readonly StoredSession[],
  { since, until, limit }: ActivityListing,
): ActiveSessions {
  const active = sessions
    .map(summarize)
    .filter(
      ({ created_at, last_seen_at, partial }) =>
        last_seen_at >= since && created_at < until && partial !== true,
    )
    .toSorted((a, b) => b.last_seen_at - a.last_seen_at);
  return {
    sessions: active.slice(0, limit),
    isComplete: active.length <= limit,
  };
}

function summarize({ session_id, info }: StoredSession): SessionSummary {
  return { session_id, ...info };
}
