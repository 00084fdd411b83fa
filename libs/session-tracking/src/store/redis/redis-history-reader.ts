import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
} from '../../model/records.js';
import { CallBatcher } from './call-batcher.js';
import { parseRecordList } from './record-json.js';
import type { RedisConnections } from './redis-connections.js';
import { RedisScript } from './redis-script.js';
import { parseInfo } from './session-info-hash.js';
import type { SessionKeys } from './session-keys.js';

/** Sessions and records that one call of Redis reads at most, so that it holds nobody else up. */
const SESSIONS_PER_CALL = 25;
const RECORDS_PER_CALL = 1000;

/** Values of a session in the answer of scripts/read-sessions.lua. */
const VALUES_PER_SESSION = 5;

/** Reads sessions with their records; those that are asked for in one go share calls of Redis. */
export class RedisHistoryReader {
  private readonly script = new RedisScript('read-sessions.lua');
  private readonly sessions: CallBatcher<string, readonly unknown[]>;

  constructor(connections: RedisConnections, keys: SessionKeys) {
    this.sessions = new CallBatcher(SESSIONS_PER_CALL, async (ids) => {
      const answer = await connections.ask('reader', 'read sessions', (redis) =>
        this.script.run(
          redis,
          keys.index,
          keys.base,
          String(RECORDS_PER_CALL),
          ...ids,
        ),
      );
      return Array.isArray(answer) ? partsOf(answer) : [];
    });
  }

  async read(sessionId: string): Promise<SessionHistory | null> {
    const [fields, requests, requestCount, responses, responseCount] =
      await this.sessions.ask(sessionId);
    const info = fields === '' ? null : parseInfo(JSON.parse(String(fields)));
    return info === null
      ? null
      : {
          session_id: sessionId,
          info,
          requests: parseRecordList<RequestRecord>(
            String(requests),
            Number(requestCount),
          ),
          responses: parseRecordList<ResponseRecord>(
            String(responses),
            Number(responseCount),
          ),
        };
  }
}

function partsOf(answer: readonly unknown[]): (readonly unknown[])[] {
  const parts: (readonly unknown[])[] = [];
  for (let at = 0; at < answer.length; at += VALUES_PER_SESSION) {
    parts.push(answer.slice(at, at + VALUES_PER_SESSION));
  }
  return parts;
}
