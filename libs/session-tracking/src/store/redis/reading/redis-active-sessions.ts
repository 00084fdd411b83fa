import type {
  ActiveSessions,
  ActivityListing,
  SessionSummary,
} from '../../session-store.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import { RedisScript } from '../redis-script.js';
import type { SessionKeys } from '../session-keys.js';

/** Sessions that one call of Redis looks at, at most: more would hold everybody else up. */
const MOST_PER_CALL = 1000;

/** And at least, so that calls stay few where most have to be passed over. */
const LEAST_PER_CALL = 100;

/** Calls for one answer at most: those used after a window that is long over have to be passed over. */
const MOST_CALLS = 300;

/** A place in the order of activity. */
interface Place {
  readonly renewedAt: string;
  /** Sessions of that very time that lie before it. */
  readonly done: string;
}

/** Finds the sessions that were in use in a stretch of time. */
export class RedisActiveSessions {
  private readonly script = new RedisScript('list-active.lua');

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
    /** By how much the time in the index of activity may lag behind, in seconds. */
    private readonly renewalAgeSeconds: number,
    private readonly readSummaries: (
      ids: readonly string[],
    ) => Promise<SessionSummary[]>,
  ) {}

  async list(listing: ActivityListing): Promise<ActiveSessions> {
    const { since, limit } = listing;
    const sessions = new Map<string, SessionSummary>();
    let place: Place | undefined = { renewedAt: '+inf', done: '0' };
    for (let call = 0; call < MOST_CALLS && place !== undefined; call += 1) {
      const part = await this.listPart(
        place,
        listing,
        Math.min(
          MOST_PER_CALL,
          Math.max(LEAST_PER_CALL, limit + 1 - sessions.size),
        ),
      );
      for (const session of await this.readSummaries(part.ids)) {
        if (session.last_seen_at >= since && session.partial !== true) {
          if (sessions.size === limit) {
            return { sessions: [...sessions.values()], isComplete: false };
          }
          // Used again meanwhile, a session may come a second time.
          sessions.set(session.session_id, session);
        }
      }
      place = part.next;
    }
    return {
      sessions: [...sessions.values()],
      isComplete: place === undefined,
    };
  }

  private async listPart(
    { renewedAt, done }: Place,
    { since, until }: ActivityListing,
    most: number,
  ): Promise<{ ids: string[]; next: Place | undefined }> {
    const answer = await this.connections.ask(
      'reader',
      'list active sessions',
      (redis) =>
        this.script.run(
          redis,
          this.keys.expiry,
          this.keys.base,
          renewedAt,
          done,
          String(since - this.renewalAgeSeconds),
          String(until),
          String(most),
        ),
    );
    const [nextRenewedAt = '', nextDone = '', ...ids] = Array.isArray(answer)
      ? answer.map(String)
      : [];
    return {
      ids,
      next:
        nextRenewedAt === ''
          ? undefined
          : { renewedAt: nextRenewedAt, done: nextDone },
    };
  }
}
