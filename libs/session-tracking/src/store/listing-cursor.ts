import { InvalidCursorError } from '../errors/invalid-cursor.error.js';
import type { SessionPage, SessionSummary } from './session-store.js';

/** Where a page of sessions ended: the creation time and id of its last session. */
export type ListingPosition = Pick<SessionSummary, 'created_at' | 'session_id'>;

/** Makes a position into an opaque text for the next page's query string. */
export function cursorAfter(position: ListingPosition): string {
  return Buffer.from(`${position.created_at}:${position.session_id}`).toString(
    'base64url',
  );
}

/** @throws InvalidCursorError when the text was not made by `cursorAfter` */
export function decodeCursor(cursor: string): ListingPosition {
  const match = /^(\d{1,12}(?:\.\d{1,3})?):([0-9a-f-]{36})$/.exec(
    Buffer.from(cursor, 'base64url').toString('latin1'),
  );
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new InvalidCursorError();
  }
  return { created_at: Number(match[1]), session_id: match[2] };
}

/** Orders sessions newest first; those of one moment by their ids. */
export function newestFirst(a: ListingPosition, b: ListingPosition): number {
  return b.created_at - a.created_at || (a.session_id < b.session_id ? 1 : -1);
}

/** Whether a session comes after a position in a listing that is newest first. */
export function isAfter(
  session: ListingPosition,
  position: ListingPosition,
): boolean {
  return (
    session.session_id !== position.session_id &&
    newestFirst(session, position) > 0
  );
}

/** Makes a page of the first `limit` sessions; whether more were found decides if another follows. */
export function toPage(
  sessions: readonly SessionSummary[],
  limit: number,
): SessionPage {
  const page = sessions.slice(0, limit);
  const last = page.at(-1);
  return {
    sessions: page,
    next_cursor:
      sessions.length > limit && last !== undefined ? cursorAfter(last) : null,
  };
}
