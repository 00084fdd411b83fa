import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import type { RecordBatch } from '../store/session-store.js';
import { BatchCutter, type QueuedBatch } from './batch-cutter.js';
import { type QueuedExchange, RecordQueue } from './record-queue.js';

/** Everything that is not settled: what waits, and what was cut into batches to be sent. */
export class PendingRecords {
  private readonly queue = new RecordQueue();
  private readonly cutter = new BatchCutter();
  /** In the order of their sequences; they may be on their way. */
  private readonly batches: QueuedBatch[] = [];
  private batchBytes = 0;

  get isEmpty(): boolean {
    return this.queue.isEmpty && this.batches.length === 0;
  }

  /** Records that wait and were not sent yet. */
  get waiting(): number {
    return this.queue.records;
  }

  /** Estimated memory, in bytes. */
  get bytes(): number {
    return this.queue.bytes + this.batchBytes;
  }

  /** The batch that has to be confirmed next. */
  get head(): QueuedBatch | undefined {
    return this.batches[0];
  }

  push(exchange: QueuedExchange): void {
    this.queue.push(exchange);
  }

  /** Gives up the oldest that cannot have reached the store. */
  dropOldest(): QueuedExchange | undefined {
    return this.queue.shift();
  }

  /** What to send now: the batches that were not confirmed, else up to `limit` of what waits. */
  nextFlush(limit: number, wantsSessionIds: boolean): RecordBatch[] {
    if (this.batches.length === 0) {
      const exchanges = this.queue.take(limit);
      for (const batch of this.cutter.cut(exchanges, wantsSessionIds)) {
        this.batches.push(batch);
        this.batchBytes += batch.bytes;
      }
    }
    return this.batches.map((batch) => ({
      ...batch,
      follows: this.before(batch)?.sequence,
    }));
  }

  confirmHead(): void {
    this.batchBytes -= this.batches.shift()?.bytes ?? 0;
  }

  /**
   * To be called when a flush failed. Batches that certainly did not reach the store wait again like
   * all others, so that the oldest are dropped first; the rest must be sent again as they are.
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
    const unsent = this.batches.splice(
      this.batches.findLastIndex(({ mayBeStored }) => mayBeStored) + 1,
    );
    for (const { bytes } of unsent) {
      this.batchBytes -= bytes;
    }
    this.queue.putBack(unsent.flatMap(({ exchanges }) => exchanges));
  }

  /** Everything that is not settled, the oldest first. */
  all(): QueuedExchange[] {
    return [
      ...this.batches.flatMap(({ exchanges }) => exchanges),
      ...this.queue.all(),
    ];
  }

  /**
   * Whether any of these is not settled, which were everything at some time. First in, first out: the oldest of
   * each part tells.
   */
  holdsAnyOf(earlier: ReadonlySet<QueuedExchange>): boolean {
    return [
      ...this.batches.map(({ exchanges }) => exchanges[0]),
      this.queue.oldest,
    ].some((oldest) => oldest !== undefined && earlier.has(oldest));
  }

  /** Gives up everything, the oldest first. */
  takeAll(): QueuedExchange[] {
    const all = this.all();
    this.batches.length = 0;
    this.batchBytes = 0;
    this.queue.take(Number.POSITIVE_INFINITY);
    return all;
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
