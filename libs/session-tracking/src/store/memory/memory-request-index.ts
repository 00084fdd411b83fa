import type { RequestRecord } from '../../model/records/records.js';
import { ExpiringMap } from './expiring-map.js';
import type { StoredSession } from './memory-sessions.js';

/** Most requests that are found; beyond that the one stored first is not any more. */
const MAX_REQUESTS = 100_000;

/**
 * Which session holds the latest request with an id. Entries stay for half as long again as data does,
 * because a session that goes on writes those of its earlier requests anew only now and then.
 */
export class MemoryRequestIndex {
  private readonly sessionIds: ExpiringMap<string>;
  /** When all requests of a session were written last, in Unix seconds, by its id. */
  private readonly writtenAt: ExpiringMap<number>;

  constructor(
    private readonly dataTtlSeconds: number,
    private readonly now: () => number,
  ) {
    this.sessionIds = new ExpiringMap(MAX_REQUESTS, now);
    this.writtenAt = new ExpiringMap(MAX_REQUESTS, now);
  }

  /** To be called when requests were appended to a session. */
  add(
    session: Pick<StoredSession, 'session_id' | 'requests'>,
    appended: readonly RequestRecord[],
  ): void {
    const id = session.session_id;
    const writtenAt = this.writtenAt.get(id);
    const isAnew =
      writtenAt !== undefined &&
      this.now() - writtenAt > this.dataTtlSeconds * 0.4;
    for (const { request_id } of isAnew ? session.requests : []) {
      // A later request of that id may stand in another session.
      if ((this.sessionIds.get(request_id) ?? id) === id) {
        this.sessionIds.set(request_id, id, this.dataTtlSeconds * 1.5);
      }
    }
    for (const { request_id } of appended) {
      this.sessionIds.set(request_id, id, this.dataTtlSeconds * 1.5);
    }
    if (isAnew || writtenAt === undefined) {
      this.writtenAt.set(id, this.now(), this.dataTtlSeconds * 1.5);
    }
  }

  find(requestId: string): string | undefined {
    return this.sessionIds.get(requestId);
  }

  forget(sessionIds: ReadonlySet<string>): void {
    this.sessionIds.deleteWhere((sessionId) => sessionIds.has(sessionId));
  }
}
