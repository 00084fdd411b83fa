import { randomUUID } from 'node:crypto';
import { entryOf } from '../model/entry-of.js';
import { countRecords } from '../model/records/exchange.js';
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

/** What is to become a batch. */
interface Piece {
  readonly exchanges: QueuedExchange[];
  records: number;
}

function emptyPiece(): Piece {
  return { exchanges: [], records: 0 };
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
    const open = new Map<number, Piece>();
    for (const exchange of exchanges) {
      const { partition } = exchange;
      const piece = entryOf(open, partition, emptyPiece);
      piece.exchanges.push(exchange);
      piece.records += countRecords(exchange);
      if (piece.records >= RECORDS_PER_BATCH) {
        batches.push(this.number(partition, piece, wantsSessionIds));
        open.delete(partition);
      }
    }
    for (const [partition, piece] of open) {
      batches.push(this.number(partition, piece, wantsSessionIds));
    }
    return batches;
  }

  private number(
    partition: number,
    { exchanges }: Piece,
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
