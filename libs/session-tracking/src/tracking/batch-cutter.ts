import { randomUUID } from 'node:crypto';
import { countRecords } from '../model/exchange.js';
import type { RecordBatch } from '../store/session-store.js';
import { estimateBytes, type QueuedExchange } from './record-queue.js';

/** Records per call of the store: more would hold Redis, and everyone else who uses it, for too long. */
export const RECORDS_PER_BATCH = 100;

/** A batch whose exchanges still know who waits for them. */
export interface QueuedBatch extends RecordBatch {
  readonly exchanges: readonly QueuedExchange[];
  /** Estimated memory, in bytes. */
  readonly bytes: number;
  /** Whether an attempt failed without telling if the store took it. */
  mayBeStored: boolean;
}

/** Cuts what leaves the queue into numbered batches, each of one partition. */
export class BatchCutter {
  private readonly writer = randomUUID();
  private sequence = 0;

  cut(
    exchanges: readonly QueuedExchange[],
    wantsSessionIds: boolean,
  ): QueuedBatch[] {
    const batches: QueuedBatch[] = [];
    const open = new Map<number, QueuedExchange[]>();
    const openRecords = new Map<number, number>();
    for (const exchange of exchanges) {
      const { partition } = exchange;
      const piece = open.get(partition) ?? [];
      const records =
        (openRecords.get(partition) ?? 0) + countRecords(exchange);
      piece.push(exchange);
      if (records >= RECORDS_PER_BATCH) {
        batches.push(this.number(partition, piece, wantsSessionIds));
        open.delete(partition);
        openRecords.delete(partition);
      } else {
        open.set(partition, piece);
        openRecords.set(partition, records);
      }
    }
    for (const [partition, piece] of open) {
      batches.push(this.number(partition, piece, wantsSessionIds));
    }
    return batches;
  }

  private number(
    partition: number,
    exchanges: readonly QueuedExchange[],
    wantsSessionIds: boolean,
  ): QueuedBatch {
    this.sequence += 1;
    return {
      writer: this.writer,
      sequence: this.sequence,
      partition,
      seed: randomUUID(),
      exchanges,
      bytes: exchanges.reduce(
        (sum, exchange) => sum + estimateBytes(exchange),
        0,
      ),
      mayBeStored: false,
      wantsSessionIds:
        wantsSessionIds || exchanges.some(({ settle }) => settle !== undefined),
    };
  }
}
