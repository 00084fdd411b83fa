import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { type ClientGroup, groupByClient } from '../../model/client-groups.js';
import type { ClientReference } from '../../model/client-identity.js';
import { isSessionId } from '../../model/session-id.js';
import type { SessionHistory } from '../../model/records.js';
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
import type { RedisConnections } from './redis-connections.js';
import { RedisScript } from './redis-script.js';
import { RedisSessionReader } from './redis-session-reader.js';
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
  private readonly appendScript = new RedisScript('append-batch.lua');
  private readonly eraseScript = new RedisScript('erase-session.lua');
  private readonly policyArguments: readonly string[];

  constructor(
    private readonly connections: RedisConnections,
    keyPrefix: string,
    policy: RetentionPolicy,
  ) {
    this.keys = new SessionKeys(keyPrefix);
    this.reader = new RedisSessionReader(connections, this.keys);
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
    const answer = await this.connections.ask(
      'writer',
      'take a batch',
      (redis) =>
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
    return this.reader.findSessionId(client);
  }

  readSession(sessionId: string): Promise<SessionHistory | null> {
    return this.reader.readSession(sessionId);
  }

  listSessions(listing: SessionListing): Promise<SessionPage> {
    return this.reader.listSessions(listing);
  }

  listSessionsOfClient(client: ClientReference): Promise<SessionSummary[]> {
    return this.reader.listSessionsOfClient(client);
  }

  async eraseSession(sessionId: string): Promise<ErasureReport | null> {
    if (!isSessionId(sessionId)) {
      return null;
    }
    const answer = await this.connections.ask(
      'reader',
      'erase a session',
      (redis) =>
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
