import type { Redis } from 'ioredis';
import type { ClientReference } from '../../../model/clients/client-identity.js';
import { isSessionId } from '../../../model/records/session-id.js';
import type {
  RequestRecord,
  SessionHistory,
} from '../../../model/records/records.js';
import {
  decodeCursor,
  isAfter,
  type ListingPosition,
  newestFirst,
  toPage,
} from '../../listing-cursor.js';
import {
  type ActiveSessions,
  type ActivityListing,
  MOST_SESSIONS_OF_CLIENT,
  type SessionListing,
  type SessionPage,
  type SessionSummary,
} from '../../session-store.js';
import { RedisActiveSessions } from './redis-active-sessions.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import { RedisHashReader } from './redis-hash-reader.js';
import { RedisHistoryReader } from './redis-history-reader.js';
import { parseInfo } from './session-info-hash.js';
import type { SessionKeys } from '../session-keys.js';

/** Sessions asked for in one go: a short list is not to wait behind the whole of a long one. */
const MAX_SUMMARIES_AT_ONCE = 200;

/** Sessions without their records that one call of Redis reads at most. */
const SUMMARIES_PER_CALL = 50;

/** The reading half of the store; every answer takes a bounded number of commands. */
export class RedisSessionReader {
  private readonly infos: RedisHashReader;
  private readonly histories: RedisHistoryReader;
  private readonly active: RedisActiveSessions;

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
    /** By how much the time in the index of activity may lag behind, in seconds. */
    renewalAgeSeconds: number,
  ) {
    this.infos = new RedisHashReader(
      connections,
      keys.index,
      SUMMARIES_PER_CALL,
    );
    this.histories = new RedisHistoryReader(connections, keys);
    this.active = new RedisActiveSessions(
      connections,
      keys,
      renewalAgeSeconds,
      (ids) => this.readSummaries(ids),
    );
  }

  findSessionId(client: ClientReference): Promise<string | null> {
    return this.read(
      'look up a session',
      (redis) => redis.get(this.keys.openSession(client)),
      null,
    );
  }

  async readSession(sessionId: string): Promise<SessionHistory | null> {
    return isSessionId(sessionId) ? this.histories.read(sessionId) : null;
  }

  async readRequests(sessionId: string): Promise<RequestRecord[]> {
    return isSessionId(sessionId) ? this.histories.readRequests(sessionId) : [];
  }

  async listSessions(listing: SessionListing): Promise<SessionPage> {
    const { limit, cursor, since, until = Number.POSITIVE_INFINITY } = listing;
    let position = cursor === undefined ? undefined : decodeCursor(cursor);
    const sessions: SessionSummary[] = [];
    let size = limit + 1;
    while (sessions.length <= limit) {
      const newest = Math.min(position?.created_at ?? until, until);
      const entries = await this.readIndex(newest, since, size);
      const last = position;
      const next = entries.filter(
        (entry) => last === undefined || isAfter(entry, last),
      );
      const summaries = await this.readSummaries(
        next.map((entry) => entry.session_id),
      );
      sessions.push(...summaries);
      if (entries.length < size) {
        break;
      }
      position = next.at(-1) ?? position;
      // A chunk that brought nothing new held sessions of a single moment only.
      size = next.length === 0 ? size * 2 : size;
    }
    return toPage(sessions, limit);
  }

  async listSessionsOfClient(
    client: ClientReference,
  ): Promise<SessionSummary[]> {
    const sessions: SessionSummary[] = [];
    let position = 0;
    let ids: string[];
    // The list also has sessions that are gone.
    do {
      ids = await this.read(
        'list the sessions of a client',
        (redis) =>
          redis.lrange(
            this.keys.sessionsOf(client),
            position,
            position + MOST_SESSIONS_OF_CLIENT - 1,
          ),
        [],
      );
      sessions.push(...(await this.readSummaries(ids)));
      position += MOST_SESSIONS_OF_CLIENT;
    } while (
      ids.length === MOST_SESSIONS_OF_CLIENT &&
      sessions.length < MOST_SESSIONS_OF_CLIENT
    );
    return sessions.slice(0, MOST_SESSIONS_OF_CLIENT).toSorted(newestFirst);
  }

  listActiveSessions(listing: ActivityListing): Promise<ActiveSessions> {
    return this.active.list(listing);
  }

  /** The newest entries of the index that were created within the bounds. */
  private async readIndex(
    newest: number,
    oldest: number | undefined,
    count: number,
  ): Promise<ListingPosition[]> {
    const flat = await this.read(
      'list sessions',
      (redis) =>
        redis.zrange(
          this.keys.index,
          newest === Number.POSITIVE_INFINITY ? '+inf' : String(newest),
          String(oldest ?? '-inf'),
          'BYSCORE',
          'REV',
          'LIMIT',
          0,
          count,
          'WITHSCORES',
        ),
      [],
    );
    const entries: ListingPosition[] = [];
    for (let at = 0; at + 1 < flat.length; at += 2) {
      const [sessionId = '', score] = flat.slice(at, at + 2);
      entries.push({ session_id: sessionId, created_at: Number(score) });
    }
    return entries;
  }

  private async readSummaries(
    ids: readonly string[],
  ): Promise<SessionSummary[]> {
    const sessions: (SessionSummary | null)[] = [];
    for (let at = 0; at < ids.length; at += MAX_SUMMARIES_AT_ONCE) {
      const part = ids.slice(at, at + MAX_SUMMARIES_AT_ONCE);
      sessions.push(
        ...(await Promise.all(part.map((id) => this.readSummary(id)))),
      );
    }
    return sessions.filter((session) => session !== null);
  }

  private async readSummary(sessionId: string): Promise<SessionSummary | null> {
    const info = parseInfo(await this.infos.read(this.keys.info(sessionId)));
    return info === null ? null : { session_id: sessionId, ...info };
  }

  /** A key that another program gave a foreign type counts as missing. */
  private read<T>(
    operation: string,
    question: (redis: Redis) => Promise<T>,
    missing: T,
  ): Promise<T> {
    return this.connections.ask('reader', operation, (redis) =>
      question(redis).catch((error: unknown) => {
        if (error instanceof Error && error.message.startsWith('WRONGTYPE')) {
          return missing;
        }
        throw error;
      }),
    );
  }
}
