import {
  type DropReason,
  RecordDroppedError,
} from '../errors/record-dropped.error.js';
import { countRecords } from '../model/records/exchange.js';
import type { AppendedBatch } from '../store/session-store.js';
import type { QueuedBatch } from './batch-cutter.js';
import type { GivenUp } from './pending-records.js';
import type { QueuedExchange, QueueOutcome } from './record-queue.js';
import type { TrackingCounters } from './tracking-counters.js';

/** An exchange that is stored, and its session. */
export type StoredExchange = readonly [
  exchange: QueuedExchange,
  sessionId: string,
];

/** Counts what becomes of records and tells those who wait for it. */
export class RecordOutcomes {
  private awaited = 0;

  constructor(private readonly counters: TrackingCounters) {}

  /** Whether somebody waits for the outcome of a record. */
  get isAwaited(): boolean {
    return this.awaited > 0;
  }

  accept(exchange: QueuedExchange): void {
    this.counters.accepted += countRecords(exchange);
    this.awaited += exchange.settle === undefined ? 0 : 1;
  }

  drop({ records, exchanges }: GivenUp, reason: DropReason): void {
    this.counters.droppedBy[reason] += records;
    for (const exchange of exchanges) {
      this.settle(exchange, { error: new RecordDroppedError(reason) });
    }
  }

  /** Answers what of a batch is stored, as far as its exchanges are still there. */
  confirm(
    batch: QueuedBatch,
    { exchanges: answers }: AppendedBatch,
  ): StoredExchange[] {
    const stored: StoredExchange[] = [];
    batch.recordCounts.forEach((records, index) => {
      const answer = answers[index];
      const exchange = batch.exchanges?.[index];
      if (answer?.outcome !== 'stored') {
        const exchanges = exchange === undefined ? [] : [exchange];
        this.drop({ records, exchanges }, answer?.outcome ?? 'rejected');
        return;
      }
      this.counters.stored += records;
      if (exchange !== undefined) {
        this.settle(exchange, { sessionId: answer.sessionId });
        stored.push([exchange, answer.sessionId]);
      }
    });
    return stored;
  }

  private settle({ settle }: QueuedExchange, outcome: QueueOutcome): void {
    if (settle !== undefined) {
      this.awaited -= 1;
      settle(outcome);
    }
  }
}
