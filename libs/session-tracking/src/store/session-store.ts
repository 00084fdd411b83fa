import type { Client, ClientReference } from '../model/client-identity.js';
import type { Exchange } from '../model/exchange.js';
import type { SessionHistory, SessionInfo } from '../model/records.js';

/** Exchanges to be stored in one atomic step. Immutable: a retry sends the very same batch. */
export interface RecordBatch {
  /** Who writes: a name that no other process uses, the same for the life of the process. */
  readonly writer: string;
  /** Grows with every batch of the writer; a batch keeps its number when it is retried. */
  readonly sequence: number;
  /** The partition that all clients of the batch belong to. */
  readonly partition: number;
  /**
   * Sequence of the batch that must have been stored right before this one: what comes after a batch
   * that failed must fail too. Undefined when everything before is done.
   */
  readonly follows?: number | undefined;
  /** Random text from which the ids of new sessions are derived. */
  readonly seed: string;
  readonly exchanges: readonly Exchange[];
  /** Whether the answer must name the session of each exchange. */
  readonly wantsSessionIds: boolean;
}

/** What became of one exchange of a batch. */
export interface AppendedExchange {
  /** False when a key of the session holds a foreign type; nothing of the exchange is stored then. */
  readonly stored: boolean;
  /** Empty unless the batch asked for session ids and the exchange was stored. */
  readonly sessionId: string;
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

/** How many of what an erasure removed. */
export interface ErasureReport {
  erased_sessions: number;
  erased_requests: number;
  erased_responses: number;
}

/** How long and how much a store keeps. */
export interface RetentionPolicy {
  readonly sessionTtlSeconds: number;
  readonly maxSessionSeconds: number;
  readonly retentionSeconds: number;
  readonly maxRecordsPerSession: number;
}

/**
 * Where sessions live. The port speaks of storage only; questions about the data are asked in
 * analytics/. Every method settles within the adapter's time limit and rejects with
 * `StoreUnavailableError` when the store cannot be reached; unknown ids are never an error.
 */
export interface SessionStore {
  /** What it is, for a log line: `memory` or `redis`. */
  readonly kind: 'memory' | 'redis';

  /**
   * Makes the store ready; to be called once, when the application starts. A store that cannot be
   * reached now may be reached later and is no error.
   *
   * @throws RedisConnectionError when it can never work as configured
   */
  open(): Promise<void>;

  /** The partition that holds everything about a client; 0 on a store that has only one. */
  partitionOf(client: Client): number;

  /**
   * Stores a batch in one atomic step: for each client finds its session or creates one, appends
   * the records in the order given, trims the lists, counts, and renews the expiry.
   *
   * Idempotent: a batch whose (writer, sequence) was stored before changes nothing and is answered
   * as it was then. Batches of one writer and partition are given in the order of their sequences;
   * the next may be given before this one is answered, when it names this one in `follows`. A
   * rejection whose `mayBeDone` is false is certain that nothing of the batch is stored.
   *
   * @returns one entry for each exchange, in the same order
   */
  append(batch: RecordBatch): Promise<readonly AppendedExchange[]>;

  /** The id of the client's open session, or null. */
  findSessionId(client: ClientReference): Promise<string | null>;

  /** A session with its records in the order in which they were stored, or null. */
  readSession(sessionId: string): Promise<SessionHistory | null>;

  /**
   * Sessions by creation time, newest first. A session created meanwhile moves none of the others;
   * a cursor that this store never gave is an `InvalidCursorError`.
   */
  listSessions(listing: SessionListing): Promise<SessionPage>;

  /** The newest sessions of one client, newest first, ended ones included while retained. */
  listSessionsOfClient(client: ClientReference): Promise<SessionSummary[]>;

  /** Removes a session and everything that points to it; null when there is none. */
  eraseSession(sessionId: string): Promise<ErasureReport | null>;

  /** Gives up what the adapter opened itself; it never closes what the host opened. */
  close(): Promise<void>;
}

/** Injection token of the `SessionStore`. */
export const SessionStore = Symbol('SessionStore');
