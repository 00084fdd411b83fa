import { InvalidQueryError } from '../errors/invalid-query.error.js';
import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import {
  normalizeUserId,
  type StoredNames,
} from '../model/clients/client-identity.js';
import { cursorAfter, decodeCursor, isAfter } from '../store/listing-cursor.js';
import {
  MOST_SESSIONS_OF_CLIENT,
  type SessionPage,
  type SessionStore,
  type SessionSummary,
} from '../store/session-store.js';
import { listSessionsOfNames } from '../store/stored-names.js';
import { namesOfAddress } from './address-parameter.js';
import {
  checkOneOf,
  checkText,
  checkUnixTime,
  checkWholeNumber,
} from './query-checks.js';

/** Which sessions to list; filters narrow each other. */
export interface SessionQuery {
  /** Sessions per page, 1 to 200. Default 50. */
  limit?: number | undefined;
  /** `next_cursor` of the page before. */
  cursor?: string | undefined;
  /** Only sessions of this user. */
  user_id?: string | undefined;
  /** Only sessions that began at this address. */
  ip?: string | undefined;
  /** Only sessions with, or only sessions without, a response of status 400 or more. */
  has_errors?: boolean | undefined;
  /** Only sessions created at or after this Unix time in seconds. */
  since?: number | undefined;
  /** Only sessions created at or before this Unix time in seconds. */
  until?: number | undefined;
}

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/** Most sessions looked at for one answer, so that a rare filter cannot keep the store busy. */
const MAX_SESSIONS_EXAMINED = 2000;

/** Sessions fetched at once while a filter decides which of them count. */
const FILTERED_CHUNK = 200;

/**
 * Finds sessions, newest first. A filter that few sessions meet may answer a short or empty page
 * with a `next_cursor`: the search goes on there.
 *
 * @throws InvalidQueryError when a parameter is wrong
 */
export async function searchSessions(
  store: SessionStore,
  query: SessionQuery,
  addresses: AddressAnonymizer,
): Promise<SessionPage> {
  checkQuery(query);
  const limit = query.limit ?? DEFAULT_PAGE_SIZE;
  const filter = toFilter(query, addresses);
  const sessions: SessionSummary[] = [];
  let last: SessionSummary | undefined;
  let examined = 0;
  for await (const session of candidates(store, filter)) {
    if (sessions.length === limit || examined === MAX_SESSIONS_EXAMINED) {
      return { sessions, next_cursor: last ? cursorAfter(last) : null };
    }
    if (meets(session, filter)) {
      sessions.push(session);
    }
    last = session;
    examined += 1;
  }
  return { sessions, next_cursor: null };
}

function checkQuery(query: SessionQuery): void {
  checkWholeNumber('limit', query.limit, 1, MAX_PAGE_SIZE);
  checkText('cursor', query.cursor);
  checkText('user_id', query.user_id);
  checkOneOf('has_errors', query.has_errors, [true, false]);
  checkUnixTime('since', query.since);
  checkUnixTime('until', query.until);
  if ((query.since ?? 0) > (query.until ?? Infinity)) {
    throw new InvalidQueryError('since', 'must not be later than until');
  }
}

/** A query in the store's own spelling of user ids and addresses. */
interface SessionFilter extends Omit<SessionQuery, 'ip'> {
  /** The address under each of its names. */
  addresses?: StoredNames;
}

/** What the store can be asked for. */
function toFilter(
  { ip, ...query }: SessionQuery,
  addresses: AddressAnonymizer,
): SessionFilter {
  const filter: SessionFilter = query;
  if (query.user_id !== undefined) {
    filter.user_id = normalizeUserId(query.user_id);
  }
  if (ip !== undefined) {
    filter.addresses = namesOfAddress(ip, addresses);
  }
  return filter;
}

/** Everything that the store's own order and indexes let it select, newest first. */
async function* candidates(
  store: SessionStore,
  query: SessionFilter,
): AsyncGenerator<SessionSummary> {
  const names = namesIn(query);
  if (names !== undefined) {
    const position =
      query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const sessions = await listSessionsOfNames(store, names);
    if (sessions.length < MOST_SESSIONS_OF_CLIENT) {
      yield* sessions.filter(
        (session) => position === undefined || isAfter(session, position),
      );
      return;
    }
    // There may be more than the store tells of one client: they are among all sessions.
  }
  let cursor = query.cursor;
  do {
    const page = await store.listSessions({
      limit:
        query.has_errors === undefined && names === undefined
          ? (query.limit ?? DEFAULT_PAGE_SIZE)
          : FILTERED_CHUNK,
      cursor,
      since: query.since,
      until: query.until,
    });
    yield* page.sessions;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

function namesIn({
  user_id,
  addresses,
}: SessionFilter): StoredNames | undefined {
  return user_id === undefined ? addresses : [{ userId: user_id }];
}

function meets(session: SessionSummary, filter: SessionFilter): boolean {
  const { user_id, addresses, has_errors, since, until } = filter;
  return (
    (user_id === undefined || session.user_id === user_id) &&
    (addresses === undefined ||
      addresses.some(({ ip }) => session.client_ip === ip)) &&
    (has_errors === undefined || session.error_count > 0 === has_errors) &&
    (since === undefined || session.created_at >= since) &&
    (until === undefined || session.created_at <= until)
  );
}
