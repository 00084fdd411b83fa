import { UNKNOWN_ADDRESS } from '../../model/clients/address.js';
import { groupByClient } from '../../model/clients/client-groups.js';
import type { Exchange } from '../../model/records/exchange.js';
import { trackedRecordsOf } from '../../model/records/tracked-records.js';
import type { AppendedBatch, RecordBatch } from '../session-store.js';
import type { MemoryErasures } from './memory-erasures.js';
import type { MemoryRequestIndex } from './memory-request-index.js';
import type { MemorySessions } from './memory-sessions.js';
import type { MemoryTotals } from './memory-totals.js';
import type { RecordListeners } from './record-listeners.js';

/** Spreads a batch over sessions, index, totals and listeners. */
export class MemoryBatches {
  constructor(
    private readonly sessions: MemorySessions,
    private readonly requests: MemoryRequestIndex,
    private readonly totals: MemoryTotals,
    private readonly erasures: MemoryErasures,
    private readonly listeners: RecordListeners,
  ) {}

  store({ exchanges, wantsSessionIds }: RecordBatch): AppendedBatch {
    const erased = new Set(
      exchanges.filter((exchange) => this.erasures.covers(exchange)),
    );
    const living = exchanges.filter((exchange) => !erased.has(exchange));
    const sessionIds = this.storeInSessions(
      living.filter(({ sampling }) => sampling !== 'left_out'),
    );
    this.totals.addUnnamed(exchanges);
    this.totals.addByClient(living);
    this.publish(sessionIds);
    return {
      exchanges: exchanges.map((exchange) => ({
        // What sampling left out was never to stand in a session, so it has done what it should.
        outcome:
          erased.has(exchange) && exchange.sampling !== 'left_out'
            ? 'erased'
            : 'stored',
        sessionId: wantsSessionIds ? (sessionIds.get(exchange) ?? '') : '',
      })),
    };
  }

  /** Answers the session in which each exchange stands, in the order given. */
  private storeInSessions(
    exchanges: readonly Exchange[],
  ): Map<Exchange, string> {
    const sessionIds = new Map(exchanges.map((exchange) => [exchange, '']));
    for (const group of groupByClient(exchanges)) {
      const { session, begunBefore } = this.sessions.append(
        group,
        this.addressOf(group.exchanges, group.client.ip),
      );
      if (begunBefore !== session.info.created_at) {
        this.totals.addSessions(session.info.created_at, 1);
        if (begunBefore !== undefined) {
          this.totals.addSessions(begunBefore, -1);
        }
      }
      for (const exchange of group.exchanges) {
        sessionIds.set(exchange, session.session_id);
      }
      this.requests.add(
        session,
        group.exchanges.flatMap(({ request }) => request ?? []),
      );
    }
    return sessionIds;
  }

  /** Where a session begins: an address that was erased meanwhile must not come back with a user. */
  private addressOf([first]: readonly Exchange[], ip: string): string {
    return first !== undefined && this.erasures.coversAddress(first)
      ? UNKNOWN_ADDRESS
      : ip;
  }

  private publish(sessionIds: ReadonlyMap<Exchange, string>): void {
    if (this.listeners.isEmpty || sessionIds.size === 0) {
      return;
    }
    const records = [...sessionIds].flatMap(([exchange, sessionId]) =>
      trackedRecordsOf(exchange, sessionId),
    );
    // A copy, because what is kept must not change under a listener's hands.
    this.listeners.publish(structuredClone(records));
  }
}
