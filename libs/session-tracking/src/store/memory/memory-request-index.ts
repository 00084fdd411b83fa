import { ExpiringMap } from './expiring-map.js';

/** Most requests that are found; beyond that the one stored first is not any more. */
const MAX_REQUESTS = 100_000;

/** Which session holds the latest request with an id. */
export class MemoryRequestIndex {
  private readonly sessionIds: ExpiringMap<string>;

  constructor(
    private readonly ttlSeconds: number,
    now: () => number,
  ) {
    this.sessionIds = new ExpiringMap(MAX_REQUESTS, now);
  }

  add(requestId: string, sessionId: string): void {
    this.sessionIds.set(requestId, sessionId, this.ttlSeconds);
  }

  find(requestId: string): string | undefined {
    return this.sessionIds.get(requestId);
  }

  forget(sessionIds: ReadonlySet<string>): void {
    this.sessionIds.deleteWhere((sessionId) => sessionIds.has(sessionId));
  }
}
