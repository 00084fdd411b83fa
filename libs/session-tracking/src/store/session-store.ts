import type {
  Client,
  ClientReference,
} from '../model/clients/client-identity.js';
import type { Exchange } from '../model/records/exchange.js';
import type {
  RequestRecord,
  SessionHistory,
  SessionInfo,
  TrackedRecord,
} from '../model/records/records.js';
import type {
  ClientTotals,
  ClientTotalsOfSlot,
  ReadonlyTotals,
  UsageTotals,
} from '../model/totals/request-totals.js';
import type { SlotLength, TimeSlot } from '../model/totals/time-slot.js';

/** Exchanges to be stored in one atomic step. Immutable: a retry sends the very same batch. */
export interface RecordBatch {
  /** Who writes: a name that no other process uses, the same for the life of the process. */
  readonly writer: string;
  /** Grows with every batch of the writer; a batch keeps its number when it is retried. */
  readonly sequence: number;
  /** The partition that all clients of the batch belong to. */
  readonly partition: number;
  /** Random text from which the ids of new sessions are derived. */
  readonly seed: string;
  readonly exchanges: readonly Exchange[];
  /** Whether the answer must name the session of each exchange. */
  readonly wantsSessionIds: boolean;
}

/** A batch in the form in which its store takes it. */
export interface PreparedBatch {
  /** Memory that it takes beside the exchanges of which it was made, in bytes. */
  readonly bytes: number;

  /**
   * Stores the batch in one atomic step: for each client finds its session or creates one, appends
   * the records in the order given, trims the lists, counts, renews the expiry, and adds everything
   * to the totals. An exchange that sampling left out is added to the totals only. The first session
   * of a user who came from an anonymous client's open session at the same address names that one in
   * `previous_session_id`, unless that one led to another user before.
   *
   * Idempotent: a batch whose (writer, sequence) was stored before changes nothing and is answered
   * as it was then. Batches of one writer and partition are given in the order of their sequences;
   * the next may be given before this one is answered, when it names this one in `follows`. A
   * rejection whose `mayBeDone` is false is certain that nothing of the batch is stored.
   *
   * @param follows sequence of the batch that must have been stored right before this one: what comes
   *   after a batch that failed must fail too. Undefined when everything before is done
   */
  append(follows?: number): Promise<AppendedBatch>;
}

/** What became of one exchange of a batch. */
export interface AppendedExchange {
  /**
   * `rejected`: a key of the session holds a foreign type. `erased`: it arrived before its client was
   * erased. Nothing of such an exchange is in a session.
   */
  readonly outcome: 'stored' | 'rejected' | 'erased';
  /** Empty unless the batch asked for session ids and the exchange stands in a session. */
  readonly sessionId: string;
}

/** What became of a batch. */
export interface AppendedBatch {
  /** One for each exchange, in the same order. */
  readonly exchanges: readonly AppendedExchange[];
}

/** How much found no place, as far as this instance came upon it. */
export interface CappedCounts {
  /** Requests whose route had none in the totals of their five minutes and was counted as `other`. */
  routes: number;
  /** Requests whose client had none in the totals of its slot and was counted as `other`. */
  clients: number;
  /** Sessions, unused for longest, that went before their time. */
  sessions: number;
}

/** A session without its records. */
export interface SessionSummary extends SessionInfo {
  session_id: string;
}

/** A page of sessions and the place where the next one begins. */
export interface SessionPage {
  sessions: SessionSummary[];
  /** To be passed as `cursor` for the next page; null after the last. */
  next_cursor: string | null;
}

/** Which sessions to list. */
export interface SessionListing {
  readonly limit: number;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Only sessions created at or after this Unix time in seconds. */
  readonly since?: number | undefined;
  /** Only sessions created at or before this Unix time in seconds. */
  readonly until?: number | undefined;
}

/** Which sessions to list by when they were in use. */
export interface ActivityListing {
  /** Only sessions with a record at or after this Unix time in seconds. */
  readonly since: number;
  /** Only sessions created before this Unix time in seconds. */
  readonly until: number;
  readonly limit: number;
}

/** Sessions that were in use, in no order. */
export interface ActiveSessions {
  readonly sessions: readonly SessionSummary[];
  /** False when there may be more. */
  readonly isComplete: boolean;
}

/** How many of what an erasure removed. */
export interface ErasureReport {
  erased_sessions: number;
  erased_requests: number;
  erased_responses: number;
}

/** A report to add to. */
export function nothingErased(): ErasureReport {
  return { erased_sessions: 0, erased_requests: 0, erased_responses: 0 };
}

/** How long and how much a store keeps. */
export interface RetentionPolicy {
  readonly sessionTtlSeconds: number;
  readonly maxSessionSeconds: number;
  readonly retentionSeconds: number;
  readonly maxRecordsPerSession: number;
  readonly rollups: RollupRetention;
}

/** What an adapter goes by. */
export interface StorePolicy extends RetentionPolicy {
  /** Sessions kept at the same time; beyond that the one unused for longest goes. */
  readonly maxSessions: number;
}

/** How long totals stay that hold no personal data, in seconds. */
export interface RollupRetention {
  /** For slots of a minute and of five. */
  readonly minutes: number;
  /** For slots of an hour. */
  readonly hours: number;
}

/** Called with records as any instance stores them. */
export type RecordListener = (records: readonly TrackedRecord[]) => void;

/** Ends a subscription; twice is once. */
export type Unsubscribe = () => Promise<void>;

/** Most sessions of one client that a store answers in one go; more can share an address. */
export const MOST_SESSIONS_OF_CLIENT = 1000;

/**
 * Where sessions live. The port speaks of storage only; questions about the data are asked in
 * analytics/. Every method settles within the adapter's time limit and rejects with
 * `StoreUnavailableError` when the store cannot be reached; unknown ids are never an error.
 */
export interface SessionStore {
  /** What it is, for a log line: `memory` or `redis`. */
  readonly kind: 'memory' | 'redis';

  /** What was too much so far. */
  readonly capped: Readonly<CappedCounts>;

  /**
   * Makes the store ready; to be called once, when the application starts. A store that cannot be
   * reached now may be reached later and is no error.
   *
   * @throws RedisConnectionError when it can never work as configured
   */
  open(): Promise<void>;

  /** Calls back when the store can be reached again, which the next attempt would show only later. */
  onReachable(listener: () => void): void;

  /** The partition that holds everything about a client; 0 on a store that has only one. */
  partitionOf(client: Client): number;

  /**
   * Makes a batch ready to be stored. Never throws, and does not wait for the store: what is wrong
   * with the batch is told by the promise of `append`.
   */
  prepare(batch: RecordBatch): PreparedBatch;

  /** The id of the client's open session, or null. */
  findSessionId(client: ClientReference): Promise<string | null>;

  /** A session with its records in the order in which they were stored, or null. */
  readSession(sessionId: string): Promise<SessionHistory | null>;

  /** The requests of a session in the order in which they were stored; none where there is no session. */
  readRequests(sessionId: string): Promise<RequestRecord[]>;

  /**
   * Sessions by creation time, newest first. A session created meanwhile moves none of the others;
   * a cursor that this store never gave is an `InvalidCursorError`.
   */
  listSessions(listing: SessionListing): Promise<SessionPage>;

  /**
   * The newest sessions of one client, newest first, ended ones included while retained: all of them where they
   * are fewer than `MOST_SESSIONS_OF_CLIENT`.
   */
  listSessionsOfClient(client: ClientReference): Promise<SessionSummary[]>;

  /**
   * The sessions in use most recently of those that were in use in a stretch of time. What sampling
   * left out is not among them.
   */
  listActiveSessions(listing: ActivityListing): Promise<ActiveSessions>;

  /**
   * The session that holds the latest request with this id, or null. A request is found for as long
   * as the data of a session stays after its last record, and not where an earlier one of the same session and
   * id has left its list.
   */
  findRequest(requestId: string): Promise<string | null>;

  /** The totals of everything in a slot; null when nothing happened in it. */
  readUsage(slot: TimeSlot): Promise<ReadonlyTotals<UsageTotals> | null>;

  /** The totals of a slot of five minutes or an hour by method and route (`GET /users/:id`), and `other`. */
  readRoutes(slot: TimeSlot): Promise<ReadonlyMap<string, ReadonlyTotals>>;

  /** Length in seconds of the slots that `readClients` takes, by how long the data of clients stays. */
  readonly clientSlotLength: SlotLength;

  /**
   * The totals of a slot by client (`user:42`, `ip:192.0.2.1`), and `other`. They go with the data of
   * the sessions, and at an erasure.
   */
  readClients(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, Readonly<ClientTotals>>>;

  /** What is held of one client in all slots, earliest first. */
  readTotalsOfClient(client: ClientReference): Promise<ClientTotalsOfSlot[]>;

  /** How many different clients sent requests in any of the slots: an estimate, rarely more than 2 % off. */
  countClients(slots: readonly TimeSlot[]): Promise<number>;

  /**
   * Removes a session and everything that points to it; null when there is none. What its client sent
   * before this moment and is still on its way is not stored any more; what it sends after the answer
   * is.
   */
  eraseSession(sessionId: string): Promise<ErasureReport | null>;

  /**
   * Removes everything that names the client: its sessions, totals and indexes; the sessions of users
   * that began at an erased address stay, without the address. What the client sent before this
   * moment and is still on its way is not stored any more; what it sends after the answer is.
   */
  eraseClient(client: ClientReference): Promise<ErasureReport>;

  /**
   * The salt under which addresses are hashed on a UTC day (`2026-11-24`): random, made by whoever
   * asks first, the same for all instances. It goes when that day has been over for as long as a
   * session may last, a day at most; null from then on.
   */
  addressSalt(day: string): Promise<string | null>;

  /**
   * Hears of records as any instance stores them, from now on. Nothing is promised about those stored
   * while the connection is lost. While nobody listens it costs nothing.
   */
  subscribe(listener: RecordListener): Promise<Unsubscribe>;

  /** Gives up what the adapter opened itself; it never closes what the host opened. */
  close(): Promise<void>;
}

/** Injection token of the `SessionStore`. */
export const SessionStore = Symbol('SessionStore');
