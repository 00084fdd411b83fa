import { setImmediate } from 'node:timers/promises';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { UNKNOWN_ADDRESS } from '../../model/clients/address.js';
import { ownerOf } from '../../model/clients/client-groups.js';
import type { ClientReference } from '../../model/clients/client-identity.js';
import { laterArrivals } from '../../model/records/later-arrivals.js';
import type {
  RequestRecord,
  SessionHistory,
} from '../../model/records/records.js';
import type {
  ClientTotals,
  ClientTotalsOfSlot,
  ReadonlyTotals,
  UsageTotals,
} from '../../model/totals/request-totals.js';
import {
  clientSlotLength,
  type SlotLength,
  type TimeSlot,
} from '../../model/totals/time-slot.js';
import type {
  ActiveSessions,
  ActivityListing,
  AppendedBatch,
  CappedCounts,
  ErasureReport,
  PreparedBatch,
  RecordBatch,
  RecordListener,
  StorePolicy,
  SessionListing,
  SessionPage,
  SessionStore,
  SessionSummary,
  Unsubscribe,
} from '../session-store.js';
import { MemoryBatches } from './memory-batches.js';
import { MemoryErasures } from './memory-erasures.js';
import { activeOf, pageOf, sessionsOf } from './memory-listings.js';
import {
  MemorySessions,
  ownerOfSession,
  type StoredSession,
} from './memory-sessions.js';
import { MemoryRequestIndex } from './memory-request-index.js';
import { MemorySalts } from './memory-salts.js';
import { MemoryTotals } from './memory-totals.js';
import { MemoryWriters } from './memory-writers.js';
import { RecordListeners } from './record-listeners.js';

/** Sessions in the memory of this process: for development, for tests of host applications. */
export class MemorySessionStore implements SessionStore {
  readonly kind = 'memory';
  readonly clientSlotLength: SlotLength;
  private readonly writers: MemoryWriters;
  private readonly sessions: MemorySessions;
  private readonly requests: MemoryRequestIndex;
  private readonly totals: MemoryTotals;
  private readonly erasures: MemoryErasures;
  private readonly salts: MemorySalts;
  private readonly listeners = new RecordListeners();
  private readonly batches: MemoryBatches;

  constructor(
    policy: StorePolicy,
    /** Unix time in milliseconds. */
    nowMilliseconds: () => number,
    /** Lets others have their turn after each batch, which a network would do of itself. */
    private readonly nextTurn: () => Promise<void> = setImmediate,
  ) {
    const now = (): number => nowMilliseconds() / 1000;
    const dataTtlSeconds = Math.max(
      policy.sessionTtlSeconds,
      policy.retentionSeconds,
    );
    this.clientSlotLength = clientSlotLength(dataTtlSeconds);
    this.writers = new MemoryWriters(now);
    this.sessions = new MemorySessions(policy, dataTtlSeconds, now);
    this.requests = new MemoryRequestIndex(dataTtlSeconds, now);
    this.totals = new MemoryTotals(
      {
        rollups: policy.rollups,
        clientSlotLength: this.clientSlotLength,
        clientSeconds: dataTtlSeconds,
      },
      now,
    );
    this.erasures = new MemoryErasures(now);
    this.salts = new MemorySalts(policy.maxSessionSeconds, now);
    this.batches = new MemoryBatches(
      this.sessions,
      this.requests,
      this.totals,
      this.erasures,
      this.listeners,
    );
  }

  get capped(): CappedCounts {
    return {
      routes: this.totals.cappedRoutes,
      clients: this.totals.cappedClients,
      sessions: this.sessions.crowdedOut,
    };
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  /** It always is. */
  onReachable(_listener: () => void): void {}

  partitionOf(): number {
    return 0;
  }

  prepare(batch: RecordBatch): PreparedBatch {
    return { bytes: 0, append: (follows) => this.append(batch, follows) };
  }

  findSessionId(client: ClientReference): Promise<string | null> {
    return Promise.resolve(
      this.sessions.findOpen(ownerOf(client))?.session_id ?? null,
    );
  }

  readSession(sessionId: string): Promise<SessionHistory | null> {
    return Promise.resolve(
      structuredClone(this.sessions.get(sessionId) ?? null),
    );
  }

  readRequests(sessionId: string): Promise<RequestRecord[]> {
    return Promise.resolve(
      structuredClone(this.sessions.get(sessionId)?.requests ?? []),
    );
  }

  async listSessions(listing: SessionListing): Promise<SessionPage> {
    return pageOf(this.sessions.all(), listing);
  }

  listSessionsOfClient(client: ClientReference): Promise<SessionSummary[]> {
    return Promise.resolve(sessionsOf(this.sessions.all(), client));
  }

  listActiveSessions(listing: ActivityListing): Promise<ActiveSessions> {
    return Promise.resolve(activeOf(this.sessions.all(), listing));
  }

  findRequest(requestId: string): Promise<string | null> {
    const sessionId = this.requests.find(requestId) ?? '';
    return Promise.resolve(this.sessions.get(sessionId)?.session_id ?? null);
  }

  readUsage(slot: TimeSlot): Promise<ReadonlyTotals<UsageTotals> | null> {
    return Promise.resolve(this.totals.readUsage(slot));
  }

  readRoutes(slot: TimeSlot): Promise<ReadonlyMap<string, ReadonlyTotals>> {
    return Promise.resolve(this.totals.readRoutes(slot));
  }

  readClients(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, Readonly<ClientTotals>>> {
    return Promise.resolve(this.totals.readClients(slot));
  }

  readTotalsOfClient(client: ClientReference): Promise<ClientTotalsOfSlot[]> {
    return Promise.resolve(this.totals.readTotalsOfClient(ownerOf(client)));
  }

  countClients(slots: readonly TimeSlot[]): Promise<number> {
    return Promise.resolve(this.totals.countClients(slots));
  }

  async eraseSession(sessionId: string): Promise<ErasureReport | null> {
    const session = this.sessions.get(sessionId);
    if (session === undefined) {
      return null;
    }
    const report = this.erase(ownerOfSession(session), [session]);
    await laterArrivals();
    return report;
  }

  async eraseClient(client: ClientReference): Promise<ErasureReport> {
    const owner = ownerOf(client);
    const all = this.sessions.all();
    const report = this.erase(
      owner,
      all.filter((session) => ownerOfSession(session) === owner),
    );
    if (client.userId === undefined) {
      for (const { info } of all) {
        if (info.client_ip === client.ip) {
          info.client_ip = UNKNOWN_ADDRESS;
        }
      }
    }
    await laterArrivals();
    return report;
  }

  addressSalt(day: string): Promise<string | null> {
    return Promise.resolve(this.salts.ofDay(day));
  }

  subscribe(listener: RecordListener): Promise<Unsubscribe> {
    return Promise.resolve(this.listeners.subscribe(listener));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async append(
    batch: RecordBatch,
    follows: number | undefined,
  ): Promise<AppendedBatch> {
    const known = this.writers.answerOf(batch);
    if (known !== undefined) {
      return known;
    }
    if (!this.writers.isNext(batch, follows)) {
      throw new StoreUnavailableError(
        'take a batch',
        'the batch before it is not stored',
      );
    }
    const answer = this.batches.store(batch);
    this.writers.remember(batch, follows, answer);
    await this.nextTurn();
    return answer;
  }

  private erase(
    owner: string,
    sessions: readonly StoredSession[],
  ): ErasureReport {
    const ids = new Set(sessions.map(({ session_id }) => session_id));
    this.erasures.add(owner);
    this.sessions.remove(sessions);
    this.requests.forget(ids);
    this.totals.eraseClient(owner);
    return {
      erased_sessions: sessions.length,
      erased_requests: sessions.flatMap(({ requests }) => requests).length,
      erased_responses: sessions.flatMap(({ responses }) => responses).length,
    };
  }
}
