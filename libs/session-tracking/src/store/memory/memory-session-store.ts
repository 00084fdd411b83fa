import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { UNKNOWN_ADDRESS } from '../../model/address.js';
import { groupByClient, sessionOwner } from '../../model/client-groups.js';
import type { ClientReference } from '../../model/client-identity.js';
import type { Exchange } from '../../model/exchange.js';
import type { SessionHistory } from '../../model/records.js';
import type {
  ClientTotals,
  RequestTotals,
  UsageTotals,
} from '../../model/request-totals.js';
import type { SlotLength, TimeSlot } from '../../model/time-slot.js';
import { trackedRecordsOf } from '../../model/tracked-records.js';
import {
  decodeCursor,
  isAfter,
  newestFirst,
  toPage,
} from '../listing-cursor.js';
import type {
  ActivityListing,
  AppendedBatch,
  ErasureReport,
  RecordBatch,
  RecordListener,
  RetentionPolicy,
  SessionListing,
  SessionPage,
  SessionStore,
  SessionSummary,
  Unsubscribe,
} from '../session-store.js';
import { ExpiringMap } from './expiring-map.js';
import { MemoryErasures } from './memory-erasures.js';
import {
  MemorySessions,
  ownerOf,
  type StoredSession,
} from './memory-sessions.js';
import { MemoryTotals } from './memory-totals.js';
import { MemoryWriters } from './memory-writers.js';
import { RecordListeners } from './record-listeners.js';

/** Most requests that are found by their id; beyond that the one stored first is not any more. */
const MAX_REQUESTS = 100_000;

/** Up to here, totals of clients are kept in slots of five minutes, else of an hour. */
const LONGEST_TTL_FOR_SHORT_SLOTS = 12 * 3600;

/** Sessions in the memory of this process: for development, for tests of host applications. */
export class MemorySessionStore implements SessionStore {
  readonly kind = 'memory';
  readonly clientSlotLength: SlotLength;
  private readonly dataTtlSeconds: number;
  private readonly writers: MemoryWriters;
  private readonly sessions: MemorySessions;
  /** Ids of sessions by id of request. */
  private readonly requests: ExpiringMap<string>;
  private readonly totals: MemoryTotals;
  private readonly erasures: MemoryErasures;
  private readonly listeners = new RecordListeners();

  constructor(
    policy: RetentionPolicy,
    /** Unix time in milliseconds. */
    nowMilliseconds: () => number,
  ) {
    const now = (): number => nowMilliseconds() / 1000;
    this.dataTtlSeconds = Math.max(
      policy.sessionTtlSeconds,
      policy.retentionSeconds,
    );
    this.clientSlotLength =
      this.dataTtlSeconds <= LONGEST_TTL_FOR_SHORT_SLOTS ? 300 : 3600;
    this.writers = new MemoryWriters(now);
    this.sessions = new MemorySessions(policy, this.dataTtlSeconds, now);
    this.requests = new ExpiringMap(MAX_REQUESTS, now);
    this.totals = new MemoryTotals(
      {
        rollups: policy.rollups,
        clientSlotLength: this.clientSlotLength,
        clientSeconds: this.dataTtlSeconds,
      },
      now,
    );
    this.erasures = new MemoryErasures(now);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  partitionOf(): number {
    return 0;
  }

  append(batch: RecordBatch): Promise<AppendedBatch> {
    const known = this.writers.answerOf(batch);
    if (known !== undefined) {
      return Promise.resolve(known);
    }
    if (!this.writers.isNext(batch)) {
      return Promise.reject(
        new StoreUnavailableError(
          'take a batch',
          'the batch before it is not stored',
        ),
      );
    }
    const answer = this.store(batch);
    this.writers.remember(batch, answer);
    return Promise.resolve(answer);
  }

  findSessionId(client: ClientReference): Promise<string | null> {
    return Promise.resolve(
      this.sessions.findOpen(ownerOfReference(client))?.session_id ?? null,
    );
  }

  readSession(sessionId: string): Promise<SessionHistory | null> {
    return Promise.resolve(
      structuredClone(this.sessions.get(sessionId) ?? null),
    );
  }

  async listSessions(listing: SessionListing): Promise<SessionPage> {
    const position =
      listing.cursor === undefined ? undefined : decodeCursor(listing.cursor);
    const matching = this.sessions
      .all()
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
      this.sessions
        .all()
        .filter(({ info }) =>
          userId === undefined
            ? info.client_ip === ip
            : userId !== '' && info.user_id === userId,
        )
        .map(summarize)
        .toSorted(newestFirst),
    );
  }

  listActiveSessions(listing: ActivityListing): Promise<SessionSummary[]> {
    return Promise.resolve(
      this.sessions
        .all()
        .map(summarize)
        .filter(({ last_seen_at }) => last_seen_at >= listing.since)
        .toSorted((a, b) => b.last_seen_at - a.last_seen_at)
        .slice(0, listing.limit),
    );
  }

  findRequest(requestId: string): Promise<string | null> {
    const sessionId = this.requests.get(requestId) ?? '';
    return Promise.resolve(this.sessions.get(sessionId)?.session_id ?? null);
  }

  readUsage(slot: TimeSlot): Promise<UsageTotals | null> {
    return Promise.resolve(this.totals.readUsage(slot));
  }

  readRoutes(slot: TimeSlot): Promise<ReadonlyMap<string, RequestTotals>> {
    return Promise.resolve(this.totals.readRoutes(slot));
  }

  readClients(slot: TimeSlot): Promise<ReadonlyMap<string, ClientTotals>> {
    return Promise.resolve(this.totals.readClients(slot));
  }

  countClients(slots: readonly TimeSlot[]): Promise<number> {
    return Promise.resolve(this.totals.countClients(slots));
  }

  eraseSession(sessionId: string): Promise<ErasureReport | null> {
    const session = this.sessions.get(sessionId);
    return Promise.resolve(
      session === undefined ? null : this.erase(ownerOf(session), [session]),
    );
  }

  eraseClient(client: ClientReference): Promise<ErasureReport> {
    const owner = ownerOfReference(client);
    const all = this.sessions.all();
    const report = this.erase(
      owner,
      all.filter((session) => ownerOf(session) === owner),
    );
    if (client.userId === undefined) {
      for (const { info } of all) {
        if (info.client_ip === client.ip) {
          info.client_ip = UNKNOWN_ADDRESS;
        }
      }
    }
    return Promise.resolve(report);
  }

  subscribe(listener: RecordListener): Promise<Unsubscribe> {
    return Promise.resolve(this.listeners.subscribe(listener));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private store(batch: RecordBatch): AppendedBatch {
    const erased = new Set(
      batch.exchanges.filter((exchange) => this.erasures.covers(exchange)),
    );
    const living = batch.exchanges.filter((exchange) => !erased.has(exchange));
    const sessionIds = this.storeInSessions(
      living.filter(({ sampling }) => sampling !== 'left_out'),
    );
    const capped = {
      ...this.totals.addUnnamed(batch.exchanges),
      ...this.totals.addByClient(living),
    };
    this.publish(batch.exchanges, sessionIds);
    return {
      exchanges: batch.exchanges.map((exchange) => ({
        outcome: erased.has(exchange) ? 'erased' : 'stored',
        sessionId: batch.wantsSessionIds
          ? (sessionIds.get(exchange) ?? '')
          : '',
      })),
      ...capped,
    };
  }

  /** Answers the session in which each exchange stands. */
  private storeInSessions(
    exchanges: readonly Exchange[],
  ): Map<Exchange, string> {
    const sessionIds = new Map<Exchange, string>();
    for (const group of groupByClient(exchanges)) {
      const [first] = group.exchanges;
      const { session, isNew } = this.sessions.append(
        group,
        first !== undefined && this.erasures.coversAddress(first)
          ? UNKNOWN_ADDRESS
          : group.client.ip,
      );
      if (isNew) {
        this.totals.addSession(session.info.created_at);
      }
      for (const exchange of group.exchanges) {
        sessionIds.set(exchange, session.session_id);
        if (exchange.request !== undefined) {
          this.requests.set(
            exchange.request.request_id,
            session.session_id,
            this.dataTtlSeconds,
          );
        }
      }
    }
    return sessionIds;
  }

  private publish(
    exchanges: readonly Exchange[],
    sessionIds: ReadonlyMap<Exchange, string>,
  ): void {
    if (this.listeners.isEmpty || sessionIds.size === 0) {
      return;
    }
    // A copy, because what is kept must not change under a listener's hands.
    this.listeners.publish(
      structuredClone(
        exchanges.flatMap((exchange) => {
          const sessionId = sessionIds.get(exchange);
          return sessionId === undefined
            ? []
            : trackedRecordsOf(exchange, sessionId);
        }),
      ),
    );
  }

  private erase(
    owner: string,
    sessions: readonly StoredSession[],
  ): ErasureReport {
    const ids = new Set(sessions.map(({ session_id }) => session_id));
    this.erasures.add(owner);
    this.sessions.remove(sessions);
    this.requests.deleteWhere((sessionId) => ids.has(sessionId));
    this.totals.eraseClient(owner);
    return {
      erased_sessions: sessions.length,
      erased_requests: sessions.flatMap(({ requests }) => requests).length,
      erased_responses: sessions.flatMap(({ responses }) => responses).length,
    };
  }
}

function ownerOfReference(client: ClientReference): string {
  return client.userId === undefined
    ? sessionOwner({ userId: '', ip: client.ip })
    : sessionOwner({ userId: client.userId, ip: '' });
}

function summarize({ session_id, info }: StoredSession): SessionSummary {
  return { session_id, ...info };
}
