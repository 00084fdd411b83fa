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
  /** Records of the others. */
  private packedRecords = 0;
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
    return this.packedRecords + this.queue.records;
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
    exchange.position = this.pushed;
    this.pushed += 1;
    this.queue.push(exchange);
  }

  /** Whether what waits as it came is enough for a batch. */
  get holdsFullBatch(): boolean {
    return this.queue.records >= RECORDS_PER_BATCH;
  }

  /** Packs what is enough for a batch, and nobody waits for. From then on it can only be given up as a whole. */
  packFullBatch(): void {
    this.cut(RECORDS_PER_BATCH, false, false);
  }

  /** Gives up the oldest that cannot have reached the store: an exchange, or what was packed together. */
  dropOldest(): GivenUp | undefined {
    const [batch] = this.batches.splice(this.sent, 1);
    if (batch !== undefined) {
      this.batchBytes -= batch.bytes;
      this.packedRecords -= batch.records;
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
      const packed = this.packedWithin(limit);
      if (packed.count === this.batches.length && packed.records < limit) {
        this.cut(limit - packed.records, wantsSessionIds, true);
        this.markSent(this.batches.length);
      } else {
        this.markSent(packed.count);
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
    this.unpack(this.batches.findLastIndex((each) => each.mayBeStored) + 1);
  }

  /** Whether anything is not settled that was queued before. */
  holdsAnyBefore(end: number): boolean {
    return (
      this.batches.some(({ oldest }) => oldest < end) ||
      this.queue.some(({ position = 0 }) => position < end)
    );
  }

  /** Gives up everything, the oldest first. */
  takeAll(): GivenUp[] {
    const all = this.batches.splice(0).map(({ records, exchanges = [] }) => ({
      records,
      exchanges,
    }));
    this.markSent(0);
    this.batchBytes = 0;
    const { records } = this.queue;
    const exchanges = this.queue.take(Number.POSITIVE_INFINITY);
    return [...all, { records, exchanges }];
  }

  /** How many batches that were packed ahead a flush may take, one at least, and the records in them. */
  private packedWithin(limit: number): { count: number; records: number } {
    let count = 0;
    let records = 0;
    for (const batch of this.batches) {
      if (count > 0 && records + batch.records > limit) {
        break;
      }
      count += 1;
      records += batch.records;
    }
    return { count, records };
  }

  private markSent(count: number): void {
    this.sent = count;
    this.packedRecords = this.batches
      .slice(count)
      .reduce((sum, { records }) => sum + records, 0);
  }

  private cut(
    records: number,
    wantsSessionIds: boolean,
    keepsExchanges: boolean,
  ): void {
    const exchanges = this.queue.take(records);
    for (const batch of this.cutter.cut(exchanges, {
      wantsSessionIds,
      keepsExchanges,
    })) {
      this.batches.push(batch);
      this.batchBytes += batch.bytes;
      this.packedRecords += batch.records;
    }
  }

  /**
   * Lets the batches behind the first `sent` wait again: those at the end one by one, as far as their exchanges
   * are there.
   */
  private unpack(sent: number): void {
    const lastPacked = this.batches.findLastIndex(
      ({ exchanges }) => exchanges === undefined,
    );
    const unpacked = this.batches.splice(Math.max(sent, lastPacked + 1));
    for (const { bytes } of unpacked) {
      this.batchBytes -= bytes;
    }
    this.queue.putBack(unpacked.flatMap(({ exchanges = [] }) => exchanges));
    this.markSent(sent);
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
