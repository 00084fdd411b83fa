import type {
  RequestRecord,
  ResponseRecord,
  SessionHistory,
} from '../../../model/records/records.js';
import { CallBatcher } from './call-batcher.js';
import { parseRecordList } from './record-json.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import { RedisScript } from '../redis-script.js';
import { parseInfo } from './session-info-hash.js';
import type { SessionKeys } from '../session-keys.js';

/** Sessions and records that one call of Redis reads at most, so that it holds nobody else up. */
const SESSIONS_PER_CALL = 25;
const RECORDS_PER_CALL = 1000;

/** Values of a session in the answer of scripts/read-sessions.lua. */
const VALUES_PER_SESSION = 5;

/** What scripts/read-sessions.lua answers for one session. */
type SessionValues = readonly unknown[];

/** Reads records of sessions; what is asked for in one go shares calls of Redis. */
export class RedisHistoryReader {
  private readonly script = new RedisScript('read-sessions.lua');
  private readonly wholeSessions = this.batcher('1');
  private readonly requestsAlone = this.batcher('0');

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
  ) {}

  read(sessionId: string): Promise<SessionHistory | null> {
    return this.wholeSessions.ask(sessionId, (values) =>
      parseSession(sessionId, values),
    );
  }

  readRequests(sessionId: string): Promise<RequestRecord[]> {
    return this.requestsAlone.ask(sessionId, ([, requests, requestCount]) =>
      parseValues<RequestRecord>(requests, requestCount),
    );
  }

  private batcher(whole: '0' | '1'): CallBatcher<string, SessionValues> {
    return new CallBatcher(SESSIONS_PER_CALL, async (ids) => {
      const answer = await this.connections.ask(
        'reader',
        'read sessions',
        (redis) =>
          this.script.run(
            redis,
            this.keys.index,
            this.keys.base,
            String(RECORDS_PER_CALL),
            whole,
            ...ids,
          ),
      );
      return Array.isArray(answer) ? valuesBySession(answer) : [];
    });
  }
}

function parseSession(
  sessionId: string,
  [fields, requests, requestCount, responses, responseCount]: SessionValues,
): SessionHistory | null {
  const info = fields === '' ? null : parseInfo(JSON.parse(String(fields)));
  return info === null
    ? null
    : {
        session_id: sessionId,
        info,
        requests: parseValues<RequestRecord>(requests, requestCount),
        responses: parseValues<ResponseRecord>(responses, responseCount),
      };
}

function parseValues<T extends object>(list: unknown, length: unknown): T[] {
  return parseRecordList<T>(String(list), Number(length));
}

function valuesBySession(answer: readonly unknown[]): SessionValues[] {
  const sessions: SessionValues[] = [];
  for (let at = 0; at < answer.length; at += VALUES_PER_SESSION) {
    sessions.push(answer.slice(at, at + VALUES_PER_SESSION));
  }
  return sessions;
}
