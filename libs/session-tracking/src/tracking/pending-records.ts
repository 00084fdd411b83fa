import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import { countRecords } from '../model/records/exchange.js';
import type {
  AppendedBatch,
  PreparedBatch,
  RecordBatch,
} from '../store/session-store.js';
import {
  BatchCutter,
  type QueuedBatch,
  RECORDS_PER_BATCH,
} from './batch-cutter.js';
import { type QueuedExchange, RecordQueue } from './record-queue.js';

/** What is given up in one go. */
export interface GivenUp {
  readonly records: number;
  /** Those for which somebody may wait. */
  readonly exchanges: readonly QueuedExchange[];
}

/** Sends a batch, or sends it again. */
export type Attempt = () => Promise<AppendedBatch>;

/**
 * Everything that is not settled, the oldest first: batches that were sent and not confirmed, batches that were
 * packed ahead, and what waits as it came.
 */
export class PendingRecords {
  private readonly queue = new RecordQueue();
  private readonly cutter: BatchCutter;
  /** In the order of their sequences. */
  private readonly batches: QueuedBatch[] = [];
  /** How many of them, from the front, were sent and may be stored. */
  private sent = 0;
  private batchBytes = 0;
  /** How many exchanges were ever queued. */
  private pushed = 0;

  constructor(prepare: (batch: RecordBatch) => PreparedBatch) {
    this.cutter = new BatchCutter(prepare);
  }

  get isEmpty(): boolean {
    return this.queue.isEmpty && this.batches.length === 0;
  }

  /** Records that wait and were not sent yet. */
  get waiting(): number {
    return this.batches
      .slice(this.sent)
      .reduce((sum, { records }) => sum + records, this.queue.records);
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return this.queue.bytes + this.batchBytes;
  }

  /** The batch that has to be confirmed next. */
  get head(): QueuedBatch | undefined {
    return this.sent === 0 ? undefined : this.batches[0];
  }

  /** Where the line is drawn between what is queued now and what will be. */
  get end(): number {
    return this.pushed;
  }

  push(exchange: QueuedExchange): void {
    this.pushed += 1;
    this.queue.push(exchange);
  }

  /** Whether what waits as it came is enough for a batch. */
  get holdsFullBatch(): boolean {
    return this.queue.records >= RECORDS_PER_BATCH;
  }

  /** Packs what is enough for a batch. From then on it can only be given up as a whole. */
  packFullBatch(): void {
    this.cut(RECORDS_PER_BATCH, false, false);
  }

  /** Gives up the oldest that cannot have reached the store: an exchange, or what was packed together. */
  dropOldest(): GivenUp | undefined {
    const [batch] = this.batches.splice(this.sent, 1);
    if (batch !== undefined) {
      this.batchBytes -= batch.bytes;
      return { records: batch.records, exchanges: batch.exchanges ?? [] };
    }
    const exchange = this.queue.shift();
    return exchange === undefined
      ? undefined
      : { records: countRecords(exchange), exchanges: [exchange] };
  }

  /** What to send now: the batches that were not confirmed, else up to `limit` of what waits. */
  nextFlush(limit: number, wantsSessionIds: boolean): Attempt[] {
    if (this.sent === 0) {
      const left = this.sendPacked(limit);
      if (left > 0 && this.sent === this.batches.length) {
        this.cut(left, wantsSessionIds, true);
        this.sent = this.batches.length;
      }
    }
    return this.batches.slice(0, this.sent).map((batch) => {
      const follows = this.before(batch)?.sequence;
      return () => batch.prepared.append(follows);
    });
  }

  confirmHead(): void {
    this.batchBytes -= this.batches.shift()?.bytes ?? 0;
    this.sent -= 1;
  }

  /**
   * To be called when a flush failed. What certainly did not reach the store waits again like all else, so that
   * the oldest is dropped first; the rest must be sent again as it is.
   *
   * @param errors of the batches that were sent, in their order; undefined for one not refused
   */
  failed(errors: readonly unknown[]): void {
    this.batches.slice(0, errors.length).forEach((batch, index) => {
      const error = errors[index];
      batch.mayBeStored ||= !(
        error instanceof StoreUnavailableError && !error.mayBeDone
      );
    });
    this.sent =
      this.batches.findLastIndex(({ mayBeStored }) => mayBeStored) + 1;
    this.unpack();
  }

  /** Whether anything is not settled that was queued before. */
  holdsAnyBefore(end: number): boolean {
    return (
      this.batches.some(({ oldest }) => oldest < end) ||
      (!this.queue.isEmpty && this.oldestInQueue < end)
    );
  }

  /** Gives up everything, the oldest first. */
  takeAll(): GivenUp[] {
    const all = this.batches.splice(0).map(({ records, exchanges = [] }) => ({
      records,
      exchanges,
    }));
    this.sent = 0;
    this.batchBytes = 0;
    const { records } = this.queue;
    const exchanges = this.queue.take(Number.POSITIVE_INFINITY);
    return [...all, { records, exchanges }];
  }

  /** Takes of what was packed ahead as much as a flush may; answers for how many records it has room left. */
  private sendPacked(limit: number): number {
    let left = limit;
    for (const { records } of this.batches) {
      if (this.sent > 0 && records > left) {
        break;
      }
      this.sent += 1;
      left -= records;
    }
    return left;
  }

  private cut(
    records: number,
    wantsSessionIds: boolean,
    keepsExchanges: boolean,
  ): void {
    const oldest = this.oldestInQueue;
    const exchanges = this.queue.take(records);
    for (const batch of this.cutter.cut(exchanges, {
      oldest,
      wantsSessionIds,
      keepsExchanges,
    })) {
      this.batches.push(batch);
      this.batchBytes += batch.bytes;
    }
  }

  /** Lets the latest of what was not sent wait one by one again, as far as its exchanges are there. */
  private unpack(): void {
    while (this.batches.length > this.sent) {
      const { bytes, exchanges } = this.batches.at(-1) ?? {};
      if (bytes === undefined || exchanges === undefined) {
        return;
      }
      this.batches.pop();
      this.batchBytes -= bytes;
      this.queue.putBack(exchanges);
    }
  }

  /** It holds those that came last. */
  private get oldestInQueue(): number {
    return this.pushed - this.queue.length;
  }

  private before({
    partition,
    sequence,
  }: QueuedBatch): QueuedBatch | undefined {
    return this.batches.findLast(
      (other) => other.partition === partition && other.sequence < sequence,
    );
  }
}
