import { randomUUID } from 'node:crypto';
import { type Observable, Subject } from 'rxjs';
import { type ClientExport, exportClient } from '../analytics/client-export.js';
import { InvalidQueryError } from '../errors/invalid-query.error.js';
import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import { orderByArrival } from '../model/records/arrival-order.js';
import {
  type Client,
  type ClientIdentity,
  type ClientReference,
  namesOf,
  spellClient,
  type StoredNames,
  toClient,
  toStoredNames,
} from '../model/clients/client-identity.js';
import { toUnixSeconds } from '../model/records/durations.js';
import type { Exchange } from '../model/records/exchange.js';
import { checkRequest, checkResponse } from '../model/records/record-check.js';
import type {
  NewRequest,
  NewResponse,
  RequestRecord,
  ResponseRecord,
  SessionHistory,
  TrackedRecord,
} from '../model/records/records.js';
import type { RedactionRules } from '../model/redaction/redaction-rules.js';
import { Redactor } from '../model/redaction/redactor.js';
import {
  sampleExchange,
  type SamplingPolicy,
} from '../model/records/sampling.js';
import { trackedRecordsOf } from '../model/records/tracked-records.js';
import type { ErasureReport, SessionStore } from '../store/session-store.js';
import { eraseNames, findOpenSession } from '../store/stored-names.js';
import { AnsweredRequests } from './answered-requests.js';
import type { AuditLog } from './audit-log.js';
import type { Clock } from './clock.js';
import { Flusher, type FlushPolicy, type StoredListener } from './flusher.js';
import { guardSubscribers } from './guarded-observable.js';
import { LossLog } from './loss-log.js';
import type { QueueOutcome } from './record-queue.js';
import type { TrackerStats } from './tracker-stats.js';
import { TrackingCounters } from './tracking-counters.js';
import type { TrackingLog } from './tracking-log.js';

/** What of the options the tracker follows. */
export interface TrackingPolicy extends RedactionRules {
  readonly flush: FlushPolicy;
  readonly sampling: SamplingPolicy;
}

/**
 * Records what clients do and finds it again. The module records every HTTP request by itself; a
 * host calls this for what arrives on other ways, and to look up a session.
 *
 * @example
 * const id = await tracker.getSessionId({ userId: '42' });
 * const history = id === null ? null : await tracker.getSessionHistory(id);
 */
export class SessionTracker {
  /** Every record once it is stored. A throwing subscriber is counted and hurts nobody. */
  readonly records$: Observable<TrackedRecord>;

  /** Decides what is stored of a path and a query; capture asks it too. */
  readonly redactor: Redactor;

  private readonly recordSubject = new Subject<TrackedRecord>();
  private readonly counters = new TrackingCounters();
  private readonly answeredRequests = new AnsweredRequests();
  private readonly flusher: Flusher;

  constructor(
    private readonly store: SessionStore,
    private readonly policy: TrackingPolicy,
    private readonly addresses: AddressAnonymizer,
    private readonly clock: Clock,
    log: TrackingLog,
    private readonly audit: AuditLog,
  ) {
    this.redactor = new Redactor(policy, () => this.countCallbackError());
    this.records$ = guardSubscribers(this.recordSubject, () =>
      this.countCallbackError(),
    );
    this.flusher = new Flusher(
      store,
      policy.flush,
      this.counters,
      clock,
      new LossLog(log, this.counters, clock),
      () => (this.recordSubject.observed ? this.publish : undefined),
    );
  }

  /**
   * Records a request of a client.
   *
   * @returns the id of the session, once the record is stored
   * @throws InvalidRecordError when the record cannot be stored as it is
   * @throws RecordDroppedError when the record is given up
   */
  recordRequest(client: ClientIdentity, request: NewRequest): Promise<string> {
    return this.enqueueChecked(() => {
      const exchange = {
        client: toClient(client, this.addresses),
        request: checkRequest(
          request,
          {
            timestamp: toUnixSeconds(this.clock.now()),
            request_id: randomUUID(),
          },
          this.redactor,
        ),
      };
      this.answeredRequests.add(exchange.client, exchange.request);
      return exchange;
    });
  }

  /**
   * Records the response to a request that carries the same `request_id`. The totals of its route count
   * it where the request was recorded by the same instance and is among its latest 10,000.
   *
   * @returns the id of the session, once the record is stored
   * @throws InvalidRecordError when the record cannot be stored as it is
   * @throws RecordDroppedError when the record is given up
   */
  recordResponse(
    client: ClientIdentity,
    response: NewResponse,
  ): Promise<string> {
    return this.enqueueChecked(() => {
      const exchange = {
        client: toClient(client, this.addresses),
        response: checkResponse(response, {
          timestamp: toUnixSeconds(this.clock.now()),
        }),
      };
      const answers = this.answeredRequests.take(
        exchange.client,
        exchange.response.request_id,
      );
      return answers === undefined ? exchange : { ...exchange, answers };
    });
  }

  /**
   * Records a request with its response; for capture, where nobody waits for the outcome. Only what
   * comes this way is sampled.
   */
  recordExchange(
    client: Client,
    request: RequestRecord,
    response: ResponseRecord,
  ): void {
    const sampling = sampleExchange(this.policy.sampling, client, response);
    this.flusher.enqueue({
      client,
      request,
      response,
      partition: this.store.partitionOf(client),
      position: 0,
      ...(sampling !== undefined && { sampling }),
    });
  }

  /**
   * The id of a client's open session, or null when it has none.
   *
   * @throws StoreUnavailableError when the store cannot be read
   */
  async getSessionId(client: ClientReference): Promise<string | null> {
    const names = toStoredNames(client, this.addresses);
    return names === null ? null : await findOpenSession(this.store, names);
  }

  /** The same of a client in its stored form; for capture. */
  getSessionIdOf(client: Client): Promise<string | null> {
    return findOpenSession(this.store, namesOf(client));
  }

  /**
   * Everything stored about a session, oldest record first; null when there is no such session.
   *
   * @throws StoreUnavailableError when the store cannot be read
   */
  async getSessionHistory(sessionId: string): Promise<SessionHistory | null> {
    const history = await this.store.readSession(sessionId);
    return history === null ? null : orderByArrival(history);
  }

  /**
   * Everything held about a client: of a user by its id, else of an address. Leaves a line in the audit
   * log, like the admin API.
   *
   * @throws InvalidQueryError when there is neither a user's id nor an address
   * @throws StoreUnavailableError when the store cannot be read
   */
  async exportClient(client: ClientReference): Promise<ClientExport> {
    this.audit.byApplication('exportClient', [spellClient(client)]);
    return await exportClient(
      this.store,
      this.namesToActOn(client),
      toUnixSeconds(this.clock.now()),
    );
  }

  /**
   * Removes everything held about a client: about a user by its id, else about an address. What the
   * client sent before and still waits here is not stored either. Leaves a line in the audit log, like
   * the admin API.
   *
   * @throws InvalidQueryError when there is neither a user's id nor an address
   * @throws StoreUnavailableError when the store cannot erase; ask again
   */
  async eraseClient(client: ClientReference): Promise<ErasureReport> {
    this.audit.byApplication('eraseClient', [spellClient(client)]);
    return await eraseNames(this.store, this.namesToActOn(client));
  }

  /**
   * Stores everything recorded before the call.
   *
   * @throws StoreUnavailableError when the store does not take it; the records stay queued
   */
  flush(): Promise<void> {
    const flushed = this.flusher.flush();
    // A caller that does not await must not lose its process to an unhandled rejection.
    flushed.catch(() => undefined);
    return flushed;
  }

  /** What happened so far, and what is waiting. */
  stats(): TrackerStats {
    const { counters } = this;
    const { capped } = this.store;
    return {
      accepted: counters.accepted,
      stored: counters.stored,
      dropped: counters.dropped,
      queued: counters.queued,
      droppedQueueFull: counters.droppedBy.queue_full,
      droppedRejected: counters.droppedBy.rejected,
      droppedErased: counters.droppedBy.erased,
      droppedShutdown: counters.droppedBy.shutdown,
      queuedBytes: this.flusher.queuedBytes,
      batches: counters.batches,
      failedAttempts: counters.failedAttempts,
      callbackErrors: counters.callbackErrors,
      cappedRoutes: capped.routes,
      cappedClients: capped.clients,
      cappedSessions: capped.sessions,
      storeAvailable: this.flusher.storeAvailable,
      store: this.store.kind,
    };
  }

  /** Counts an exception that the host's own code threw into tracking. */
  countCallbackError(): void {
    this.counters.callbackErrors += 1;
  }

  /** Stores what is queued within the time given, then drops the rest and takes no more. */
  async close(limitMs: number): Promise<void> {
    await this.flusher.close(limitMs);
    this.emit(() => this.recordSubject.complete());
  }

  /** An empty answer would look as if there had been nothing to export, or nothing were left to erase. */
  private namesToActOn(client: ClientReference): StoredNames {
    const names = toStoredNames(client, this.addresses);
    if (names === null) {
      throw new InvalidQueryError(
        'client',
        'must have a userId, or an ip that is an IPv4 or IPv6 address',
      );
    }
    return names;
  }

  private enqueueChecked(check: () => Exchange): Promise<string> {
    let stored: Promise<string>;
    try {
      stored = this.enqueueAwaited(check());
    } catch (error) {
      stored = Promise.reject(error);
    }
    // A caller that does not await must not lose its process to an unhandled rejection.
    stored.catch(() => undefined);
    return stored;
  }

  /** Knows the checked exchange only: what waits in the queue keeps the scope of its callback alive. */
  private enqueueAwaited(exchange: Exchange): Promise<string> {
    return new Promise<string>((resolve, reject) => {
      this.flusher.enqueue({
        ...exchange,
        partition: this.store.partitionOf(exchange.client),
        settle: (outcome: QueueOutcome) =>
          'error' in outcome
            ? reject(outcome.error)
            : resolve(outcome.sessionId),
      });
    });
  }

  private readonly publish: StoredListener = (exchange, sessionId) => {
    this.emit(() => {
      for (const record of trackedRecordsOf(exchange, sessionId)) {
        this.recordSubject.next(record);
      }
    });
  };

  /** A subscriber's teardown may throw where no observer can catch it. */
  private emit(notify: () => void): void {
    try {
      notify();
    } catch {
      this.countCallbackError();
    }
  }
}
