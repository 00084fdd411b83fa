import { randomUUID } from 'node:crypto';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import {
  type ClientGroup,
  groupByClient,
  sessionOwner,
} from '../../model/client-groups.js';
import type { ClientReference } from '../../model/client-identity.js';
import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
  SessionInfo,
} from '../../model/records.js';
import { totalOf } from '../../model/session-totals.js';
import {
  decodeCursor,
  isAfter,
  newestFirst,
  toPage,
} from '../listing-cursor.js';
import type {
  AppendedExchange,
  ErasureReport,
  RecordBatch,
  RetentionPolicy,
  SessionListing,
  SessionPage,
  SessionStore,
  SessionSummary,
} from '../session-store.js';
import { ExpiringMap } from './expiring-map.js';

/** Most sessions kept; beyond that the one unused for longest goes. */
const MAX_SESSIONS = 10_000;

/** Most writers whose last batch is remembered. */
const MAX_WRITERS = 1000;

const WRITER_TTL_SECONDS = 86_400;

interface StoredSession {
  readonly session_id: string;
  readonly owner: string;
  readonly info: SessionInfo;
  readonly requests: RequestRecord[];
  readonly responses: ResponseRecord[];
}

/** The last batch of a writer, and the answers that a retry may ask for again. */
interface WriterEntry {
  readonly sequence: number;
  readonly answers: Map<number, readonly AppendedExchange[]>;
}

/** Sessions in the memory of this process: for development, for tests of host applications. */
export class MemorySessionStore implements SessionStore {
  readonly kind = 'memory';
  private readonly sessions: ExpiringMap<StoredSession>;
  private readonly openSessions: ExpiringMap<string>;
  private readonly writers: ExpiringMap<WriterEntry>;
  private readonly dataTtlSeconds: number;

  constructor(
    private readonly policy: RetentionPolicy,
    /** Unix time in milliseconds. */
    nowMilliseconds: () => number,
  ) {
    const now = (): number => nowMilliseconds() / 1000;
    this.sessions = new ExpiringMap(MAX_SESSIONS, now);
    this.openSessions = new ExpiringMap(MAX_SESSIONS, now);
    this.writers = new ExpiringMap(MAX_WRITERS, now);
    this.dataTtlSeconds = Math.max(
      policy.sessionTtlSeconds,
      policy.retentionSeconds,
    );
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  partitionOf(): number {
    return 0;
  }

  append(batch: RecordBatch): Promise<readonly AppendedExchange[]> {
    const writer = this.writers.get(batch.writer);
    if (writer !== undefined && writer.sequence >= batch.sequence) {
      return Promise.resolve(
        writer.answers.get(batch.sequence) ??
          batch.exchanges.map(() => ({ stored: true, sessionId: '' })),
      );
    }
    if (batch.follows !== undefined && writer?.sequence !== batch.follows) {
      return Promise.reject(
        new StoreUnavailableError(
          'take a batch',
          'the batch before it is not stored',
        ),
      );
    }
    const answer: AppendedExchange[] = [];
    for (const group of groupByClient(batch.exchanges)) {
      const sessionId = this.store(group);
      for (const position of group.positions) {
        answer[position] = {
          stored: true,
          sessionId: batch.wantsSessionIds ? sessionId : '',
        };
      }
    }
    const answers =
      batch.follows === undefined || writer === undefined
        ? new Map<number, readonly AppendedExchange[]>()
        : writer.answers;
    this.writers.set(
      batch.writer,
      {
        sequence: batch.sequence,
        answers: answers.set(batch.sequence, answer),
      },
      WRITER_TTL_SECONDS,
    );
    return Promise.resolve(answer);
  }

  findSessionId(client: ClientReference): Promise<string | null> {
    return Promise.resolve(this.openSessions.get(ownerOf(client)) ?? null);
  }

  readSession(sessionId: string): Promise<SessionHistory | null> {
    const session = this.sessions.get(sessionId);
    return Promise.resolve(
      session === undefined
        ? null
        : structuredClone({
            session_id: sessionId,
            info: session.info,
            requests: session.requests,
            responses: session.responses,
          }),
    );
  }

  async listSessions(listing: SessionListing): Promise<SessionPage> {
    const position =
      listing.cursor === undefined ? undefined : decodeCursor(listing.cursor);
    const matching = [...this.sessions.values()]
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

  listSessionsOfClient(client: ClientReference): Promise<SessionSummary[]> {
    const { userId, ip } = client;
    return Promise.resolve(
      [...this.sessions.values()]
        .filter(({ info }) =>
          userId === undefined
            ? info.client_ip === ip
            : userId !== '' && info.user_id === userId,
        )
        .map(summarize)
        .toSorted(newestFirst),
    );
  }

  eraseSession(sessionId: string): Promise<ErasureReport | null> {
    const session = this.sessions.get(sessionId);
    if (session === undefined) {
      return Promise.resolve(null);
    }
    this.sessions.delete(sessionId);
    if (this.openSessions.get(session.owner) === sessionId) {
      this.openSessions.delete(session.owner);
    }
    return Promise.resolve({
      erased_sessions: 1,
      erased_requests: session.requests.length,
      erased_responses: session.responses.length,
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private store(group: ClientGroup): string {
    const totals = totalOf(group.exchanges);
    const session = this.openSession(group, totals.firstAt);
    const { info } = session;
    for (const { request, response } of group.exchanges) {
      if (request !== undefined) {
        session.requests.push(request);
        info.request_count += 1;
      }
      if (response !== undefined) {
        session.responses.push(response);
      }
    }
    const { maxRecordsPerSession } = this.policy;
    trim(session.requests, maxRecordsPerSession);
    trim(session.responses, maxRecordsPerSession);
    info.response_count += totals.responses;
    info.error_count += totals.errors;
    info.duration_us_total += totals.durationMicroseconds;
    info.last_seen_at = Math.max(info.last_seen_at, totals.lastAt);
    this.sessions.set(session.session_id, session, this.dataTtlSeconds);
    this.openSessions.set(
      session.owner,
      session.session_id,
      this.policy.sessionTtlSeconds,
    );
    return session.session_id;
  }

  private openSession({ client }: ClientGroup, firstAt: number): StoredSession {
    const owner = sessionOwner(client);
    const current = this.sessions.get(this.openSessions.get(owner) ?? '');
    const age = firstAt - (current?.info.created_at ?? firstAt);
    if (current !== undefined && age < this.policy.maxSessionSeconds) {
      return current;
    }
    const info: SessionInfo = {
      client_ip: client.ip,
      user_id: client.userId,
      created_at: firstAt,
      last_seen_at: firstAt,
      request_count: 0,
      response_count: 0,
      error_count: 0,
      duration_us_total: 0,
    };
    if (current !== undefined) {
      info.previous_session_id = current.session_id;
      this.sessions.set(
        current.session_id,
        current,
        this.policy.retentionSeconds,
      );
    }
    return {
      session_id: randomUUID(),
      owner,
      info,
      requests: [],
      responses: [],
    };
  }
}

function ownerOf(client: ClientReference): string {
  return client.userId === undefined
    ? sessionOwner({ userId: '', ip: client.ip })
    : sessionOwner({ userId: client.userId, ip: '' });
}

function summarize({ session_id, info }: StoredSession): SessionSummary {
  return { session_id, ...info };
}

function trim(records: unknown[], limit: number): void {
  if (records.length > limit) {
    records.splice(0, records.length - limit);
  }
}
