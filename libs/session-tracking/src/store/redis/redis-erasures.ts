import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { ownerOf } from '../../model/clients/client-groups.js';
import type { ClientReference } from '../../model/clients/client-identity.js';
import { laterArrivals } from '../../model/records/later-arrivals.js';
import { isSessionId } from '../../model/records/session-id.js';
import { type ErasureReport, nothingErased } from '../session-store.js';
import type { RedisConnections } from './connection/redis-connections.js';
import { RedisScript } from './redis-script.js';
import type { SessionKeys } from './session-keys.js';

/** Sessions that one call of Redis removes at most. */
const SESSIONS_PER_CALL = 25;

/** Removes sessions for good, in calls of which none holds Redis up for long. */
export class RedisErasures {
  private readonly eraseSessionScript = new RedisScript(
    'erase-session.lua',
    'tombstones.lua',
    'request-index.lua',
    'remove-session.lua',
    'erase-session-main.lua',
  );
  private readonly eraseClientScript = new RedisScript(
    'erase-client.lua',
    'tombstones.lua',
    'request-index.lua',
    'remove-session.lua',
    'erase-client-main.lua',
  );

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
    private readonly dataTtlSeconds: number,
  ) {}

  async eraseSession(sessionId: string): Promise<ErasureReport | null> {
    if (!isSessionId(sessionId)) {
      return null;
    }
    return this.erase('erase a session', (redis) =>
      this.eraseSessionScript.run(
        redis,
        this.keys.info(sessionId),
        this.keys.base,
        sessionId,
        randomUUID(),
        String(this.dataTtlSeconds),
      ),
    );
  }

  async eraseClient(client: ClientReference): Promise<ErasureReport> {
    const report = await this.erase('erase a client', (redis) =>
      this.eraseClientScript.run(
        redis,
        this.keys.sessionsOf(client),
        this.keys.base,
        ownerOf(client),
        randomUUID(),
        String(this.dataTtlSeconds),
        String(SESSIONS_PER_CALL),
      ),
    );
    return report ?? nothingErased();
  }

  /**
   * @param removePart answers how many sessions, requests and responses went and how many sessions are left;
   *   nothing when there is none
   */
  private async erase(
    operation: string,
    removePart: (redis: Redis) => Promise<unknown>,
  ): Promise<ErasureReport | null> {
    const report = nothingErased();
    let hasFound = false;
    let left = 0;
    do {
      const answer = await this.connections.ask(
        'reader',
        operation,
        removePart,
      );
      hasFound ||= Array.isArray(answer);
      const [sessions = 0, requests = 0, responses = 0, rest = 0] =
        Array.isArray(answer) ? answer.map(Number) : [];
      report.erased_sessions += sessions;
      report.erased_requests += requests;
      report.erased_responses += responses;
      left = rest;
    } while (left > 0);
    if (!hasFound) {
      return null;
    }
    await laterArrivals();
    return report;
  }
}
