import { randomBytes } from 'node:crypto';
import type { ClientReference } from '../../model/clients/client-identity.js';
import type {
  ClientTotals,
  ClientTotalsOfSlot,
  ReadonlyTotals,
  UsageTotals,
} from '../../model/totals/request-totals.js';
import { saltExpiry } from '../../model/clients/salt-days.js';
import type {
  RequestRecord,
  SessionHistory,
} from '../../model/records/records.js';
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
import { readBatchAnswer } from './writing/batch-answer.js';
import {
  packBatch,
  type PackedBatch,
  packHead,
  packPolicy,
} from './writing/batch-packing.js';
import type { RedisConnections } from './connection/redis-connections.js';
import { RedisErasures } from './redis-erasures.js';
import { RedisRecordFeed } from './redis-record-feed.js';
import { RedisScript } from './redis-script.js';
import { RedisSessionReader } from './reading/redis-session-reader.js';
import { RedisTotalsHashes } from './redis-totals-hashes.js';
import { RedisTotalsReader } from './reading/redis-totals-reader.js';
import { SessionKeys } from './session-keys.js';

/** How long Redis remembers the last batch of a writer that has fallen silent, in seconds. */
const WRITER_TTL_SECONDS = 86_400;

/** A session's expiry is renewed when it has aged this much: by a hundredth, at most a minute. */
function renewalAge(sessionTtlSeconds: number): number {
  return Math.min(60, Math.floor(sessionTtlSeconds / 100));
}

/** Sessions in Redis. docs/data-model.md lists the keys. */
export class RedisSessionStore implements SessionStore {
  readonly kind = 'redis';
  private readonly keys: SessionKeys;
  private readonly reader: RedisSessionReader;
  private readonly totalsHashes: RedisTotalsHashes;
  private readonly totals: RedisTotalsReader;
  private readonly feed: RedisRecordFeed;
  private readonly erasures: RedisErasures;
  private readonly appendScript = new RedisScript(
    'append-batch.lua',
    'tombstones.lua',
    'request-index.lua',
    'remove-session.lua',
    'index-batch.lua',
    'begin-session.lua',
    'store-client.lua',
    'slots.lua',
    'add-totals.lua',
    'append-main.lua',
  );
  private readonly findRequestScript = new RedisScript(
    'find-request.lua',
    'request-index.lua',
    'find-request-main.lua',
  );
  readonly clientSlotLength: SlotLength;
  private cappedClients = 0;
  private cappedSessions = 0;
  private readonly dataTtlSeconds: number;
  private readonly packedPolicy: string;

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
    private readonly policy: StorePolicy,
  ) {
    const { sessionTtlSeconds, retentionSeconds, rollups } = policy;
    this.keys = new SessionKeys(keyPrefix);
    this.reader = new RedisSessionReader(
      connections,
      this.keys,
      renewalAge(sessionTtlSeconds),
    );
    this.totalsHashes = new RedisTotalsHashes(connections, this.keys, rollups);
    this.totals = new RedisTotalsReader(
      connections,
      this.keys,
      this.totalsHashes,
    );
    this.feed = new RedisRecordFeed(connections, this.keys.live);
    this.dataTtlSeconds = Math.max(sessionTtlSeconds, retentionSeconds);
    this.erasures = new RedisErasures(
      connections,
      this.keys,
      this.dataTtlSeconds,
    );
    this.clientSlotLength = clientSlotLength(this.dataTtlSeconds);
    // In the order of scripts/append-batch.lua.
    this.packedPolicy = packPolicy([
      sessionTtlSeconds,
      this.dataTtlSeconds,
      renewalAge(sessionTtlSeconds),
      policy.maxSessionSeconds,
      retentionSeconds,
      policy.maxRecordsPerSession,
      policy.maxSessions,
      WRITER_TTL_SECONDS,
      rollups.minutes,
      rollups.hours,
      this.clientSlotLength,
    ]);
  }

  get capped(): CappedCounts {
    return {
      routes: this.totalsHashes.cappedRoutes,
      clients: this.cappedClients,
      sessions: this.cappedSessions,
    };
  }

  open(): Promise<void> {
    return this.connections.open();
  }

  onReachable(listener: () => void): void {
    this.connections.onWriterReady(listener);
  }

  partitionOf(): number {
    return 0;
  }

  prepare(batch: RecordBatch): PreparedBatch {
    try {
      return this.packed(packBatch(batch));
    } catch (error) {
      return { bytes: 0, append: () => Promise.reject(error) };
    }
  }

  findSessionId(client: ClientReference): Promise<string | null> {
    return this.reader.findSessionId(client);
  }

  readSession(sessionId: string): Promise<SessionHistory | null> {
    return this.reader.readSession(sessionId);
  }

  readRequests(sessionId: string): Promise<RequestRecord[]> {
    return this.reader.readRequests(sessionId);
  }

  listSessions(listing: SessionListing): Promise<SessionPage> {
    return this.reader.listSessions(listing);
  }

  listSessionsOfClient(client: ClientReference): Promise<SessionSummary[]> {
    return this.reader.listSessionsOfClient(client);
  }

  listActiveSessions(listing: ActivityListing): Promise<ActiveSessions> {
    return this.reader.listActiveSessions(listing);
  }

  async findRequest(requestId: string): Promise<string | null> {
    const answer = await this.connections.ask(
      'reader',
      'find a request',
      (redis) =>
        this.findRequestScript.run(
          redis,
          this.keys.index,
          this.keys.base,
          requestId,
          String(this.dataTtlSeconds),
        ),
    );
    return typeof answer === 'string' ? answer : null;
  }

  readUsage(slot: TimeSlot): Promise<ReadonlyTotals<UsageTotals> | null> {
    return this.totals.readUsage(slot);
  }

  readRoutes(slot: TimeSlot): Promise<ReadonlyMap<string, ReadonlyTotals>> {
    return this.totals.readRoutes(slot);
  }

  readClients(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, Readonly<ClientTotals>>> {
    return this.totals.readClients(slot);
  }

  readTotalsOfClient(client: ClientReference): Promise<ClientTotalsOfSlot[]> {
    return this.totals.readTotalsOfClient(client);
  }

  countClients(slots: readonly TimeSlot[]): Promise<number> {
    return this.totals.countClients(slots);
  }

  eraseSession(sessionId: string): Promise<ErasureReport | null> {
    return this.erasures.eraseSession(sessionId);
  }

  eraseClient(client: ClientReference): Promise<ErasureReport> {
    return this.erasures.eraseClient(client);
  }

  addressSalt(day: string): Promise<string | null> {
    const key = this.keys.salt(day);
    return this.connections.ask(
      'reader',
      'keep the salt of addresses',
      async (redis) => {
        await redis.set(
          key,
          randomBytes(32).toString('base64url'),
          'EXAT',
          saltExpiry(day, this.policy.maxSessionSeconds),
          'NX',
        );
        const salt: unknown = await redis.get(key);
        if (salt !== null && typeof salt !== 'string') {
          throw new TypeError(`${key} holds no text`);
        }
        return salt;
      },
    );
  }

  subscribe(listener: RecordListener): Promise<Unsubscribe> {
    return this.feed.subscribe(listener);
  }

  close(): Promise<void> {
    this.feed.close();
    this.totalsHashes.close();
    this.totals.close();
    this.connections.close();
    return Promise.resolve();
  }

  /** Apart, so that what it answers does not keep the exchanges. */
  private packed(batch: PackedBatch): PreparedBatch {
    return {
      bytes: batch.body.length,
      append: (follows) => this.append(batch, follows),
    };
  }

  private async append(
    batch: PackedBatch,
    follows: number | undefined,
  ): Promise<AppendedBatch> {
    const answer = await this.connections.ask(
      'writer',
      'take a batch',
      (redis) =>
        this.appendScript.run(
          redis,
          this.keys.writer(batch.writer),
          this.keys.base,
          packHead(this.packedPolicy, batch, follows, Date.now()),
          batch.body,
        ),
    );
    const { counts, exchanges } = readBatchAnswer(answer, batch);
    this.cappedClients += counts.cappedClients;
    this.cappedSessions += counts.cappedSessions;
    this.totalsHashes.foldSoon(counts.pendingTotals);
    return { exchanges };
  }
}
