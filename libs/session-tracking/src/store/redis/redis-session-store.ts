import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { type ClientGroup, groupByClient } from '../../model/client-groups.js';
import type { ClientReference } from '../../model/client-identity.js';
import { isSessionId } from '../../model/session-id.js';
import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
} from '../../model/records.js';
import {
  decodeCursor,
  isAfter,
  type ListingPosition,
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
import { packClients } from './batch-packing.js';
import { parseRecords } from './record-json.js';
import type { RedisConnections } from './redis-connections.js';
import { RedisScript } from './redis-script.js';
import { INFO_FIELDS, parseInfo } from './session-info-hash.js';
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
  private readonly appendScript = new RedisScript('append-batch.lua');
  private readonly eraseScript = new RedisScript('erase-session.lua');
  private readonly policyArguments: readonly string[];

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
    policy: RetentionPolicy,
  ) {
    this.keys = new SessionKeys(keyPrefix);
    this.policyArguments = [
      policy.sessionTtlSeconds,
      Math.max(policy.sessionTtlSeconds, policy.retentionSeconds),
      renewalAge(policy.sessionTtlSeconds),
      policy.maxSessionSeconds,
      policy.retentionSeconds,
      policy.maxRecordsPerSession,
      WRITER_TTL_SECONDS,
    ].map(String);
  }

  open(): Promise<void> {
    return this.connections.open();
  }

  partitionOf(): number {
    return 0;
  }

  async append(batch: RecordBatch): Promise<readonly AppendedExchange[]> {
    const groups = groupByClient(batch.exchanges);
    const answer = await this.attempt('writer', 'take a batch', (redis) =>
      this.appendScript.run(
        redis,
        this.keys.writer(batch.writer),
        this.keys.base,
        String(batch.sequence),
        batch.seed,
        ...this.policyArguments,
        batch.wantsSessionIds ? '1' : '0',
        String(batch.follows ?? 0),
        packClients(groups),
      ),
    );
    return readAnswer(answer, groups, batch);
  }

  findSessionId(client: ClientReference): Promise<string | null> {
    return this.read('look up a session', (redis) =>
      redis.get(this.keys.openSession(client)),
    );
  }

  async readSession(sessionId: string): Promise<SessionHistory | null> {
    if (!isSessionId(sessionId)) {
      return null;
    }
    const [values, requests, responses] = await this.read(
      'read a session',
      (redis) =>
        Promise.all([
          redis.hmget(this.keys.info(sessionId), ...INFO_FIELDS),
          redis.lrange(this.keys.requests(sessionId), 0, -1),
          redis.lrange(this.keys.responses(sessionId), 0, -1),
        ]),
    );
    const info = parseInfo(values);
    return info === null
      ? null
      : {
          session_id: sessionId,
          info,
          requests: parseRecords<RequestRecord>(requests),
          responses: parseRecords<ResponseRecord>(responses),
        };
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
    const ids = await this.read('list the sessions of a client', (redis) =>
      redis.lrange(this.keys.sessionsOf(client), 0, -1),
    );
    const sessions = await this.readSummaries(ids);
    return sessions.toSorted(newestFirst);
  }

  async eraseSession(sessionId: string): Promise<ErasureReport | null> {
    if (!isSessionId(sessionId)) {
      return null;
    }
    const answer = await this.read('erase a session', (redis) =>
      this.eraseScript.run(
        redis,
        this.keys.info(sessionId),
        this.keys.base,
        sessionId,
      ),
    );
    if (!Array.isArray(answer)) {
      return null;
    }
    const [requests, responses]: unknown[] = answer;
    return {
      erased_sessions: 1,
      erased_requests: Number(requests),
      erased_responses: Number(responses),
    };
  }

  close(): Promise<void> {
    this.connections.close();
    return Promise.resolve();
  }

  /** The newest entries of the index that were created within the bounds. */
  private async readIndex(
    newest: number,
    oldest: number | undefined,
    count: number,
  ): Promise<ListingPosition[]> {
    const flat = await this.read('list sessions', (redis) =>
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
    const rows = await this.read('read sessions', (redis) =>
      Promise.all(
        ids.map((id) => redis.hmget(this.keys.info(id), ...INFO_FIELDS)),
      ),
    );
    return rows.flatMap((values, index) => {
      const info = parseInfo(values);
      const sessionId = ids[index];
      return info === null || sessionId === undefined
        ? []
        : [{ session_id: sessionId, ...info }];
    });
  }

  private read<T>(
    operation: string,
    ask: (redis: Redis) => Promise<T>,
  ): Promise<T> {
    return this.attempt('reader', operation, ask);
  }

  private async attempt<T>(
    use: 'writer' | 'reader',
    operation: string,
    ask: (redis: Redis) => Promise<T>,
  ): Promise<T> {
    try {
      return await ask(await this.connections.ready(use));
    } catch (cause) {
      throw new StoreUnavailableError(
        operation,
        this.connections.explainFailure(use, cause),
      );
    }
  }
}

/** Spreads the answer of scripts/append-batch.lua, one line a client, over the exchanges. */
function readAnswer(
  answer: unknown,
  groups: readonly ClientGroup[],
  batch: RecordBatch,
): AppendedExchange[] {
  const [firstLine = '', ...sessionIds] =
    typeof answer === 'string' ? answer.split('\n') : [];
  const [sequence, ...rejectedPositions] = firstLine.split(' ');
  if (sequence !== String(batch.sequence)) {
    throw new StoreUnavailableError(
      'confirm a batch',
      `unexpected answer ${JSON.stringify(answer)}`,
    );
  }
  const rejected = new Set(rejectedPositions);
  const results: AppendedExchange[] = [];
  groups.forEach(({ positions }, index) => {
    const result: AppendedExchange = {
      stored: !rejected.has(String(index + 1)),
      sessionId: batch.wantsSessionIds ? (sessionIds[index] ?? '') : '',
    };
    for (const position of positions) {
      results[position] = result;
    }
  });
  return results;
}
