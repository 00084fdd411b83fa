import { randomUUID } from 'node:crypto';
import { entryOf } from '../model/entry-of.js';
import { countRecords } from '../model/records/exchange.js';
import type { PreparedBatch, RecordBatch } from '../store/session-store.js';
import { estimateBytes, type QueuedExchange } from './record-queue.js';

/** Records per call of the store: more would hold Redis, and everyone else who uses it, for too long. */
export const RECORDS_PER_BATCH = 100;

/** A batch that waits to be sent, or to be confirmed. */
export interface QueuedBatch {
  readonly prepared: PreparedBatch;
  readonly partition: number;
  readonly sequence: number;
  readonly wantsSessionIds: boolean;
  /** The position of its first exchange. */
  readonly oldest: number;
  /** Of each exchange. */
  readonly recordCounts: readonly number[];
  /** Together. */
  readonly records: number;
  /**
   * Undefined where only `prepared` holds them: what lives longer than a moment is copied by the collector, which
   * costs a busy application as much as to make and pack it.
   */
  readonly exchanges: readonly QueuedExchange[] | undefined;
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

/** What becomes of exchanges that are cut. */
export interface Cut {
  /** Whether somebody wants to know of each exchange in which session it is. */
  readonly wantsSessionIds: boolean;
  /** Whether the exchanges may have to wait one by one again, or somebody waits for one of them. */
  readonly keepsExchanges: boolean;
}

/** Cuts what leaves the queue into numbered batches, each of one partition. */
export class BatchCutter {
  private readonly writer = randomUUID();
  private sequence = 0;

  constructor(
    private readonly prepare: (batch: RecordBatch) => PreparedBatch,
  ) {}

  cut(exchanges: readonly QueuedExchange[], cut: Cut): QueuedBatch[] {
    const batches: QueuedBatch[] = [];
    const open = new Map<number, Piece>();
    for (const exchange of exchanges) {
      const { partition } = exchange;
      const piece = entryOf(open, partition, emptyPiece);
      piece.exchanges.push(exchange);
      piece.records += countRecords(exchange);
      if (piece.records >= RECORDS_PER_BATCH) {
        batches.push(this.number(partition, piece, cut));
        open.delete(partition);
      }
    }
    for (const [partition, piece] of open) {
      batches.push(this.number(partition, piece, cut));
    }
    return batches;
  }

  private number(
    partition: number,
    { exchanges, records }: Piece,
    cut: Cut,
  ): QueuedBatch {
    this.sequence += 1;
    const { sequence, writer } = this;
    const wantsSessionIds =
      cut.wantsSessionIds ||
      exchanges.some(({ settle }) => settle !== undefined);
    const prepared = this.prepare({
      writer,
      sequence,
      partition,
      seed: randomUUID(),
      exchanges,
      wantsSessionIds,
    });
    const bytes = exchanges.reduce((sum, each) => sum + estimateBytes(each), 0);
    return {
      prepared,
      partition,
      sequence,
      wantsSessionIds,
      oldest: exchanges[0]?.position ?? 0,
      recordCounts: exchanges.map(countRecords),
      records,
      exchanges: cut.keepsExchanges ? exchanges : undefined,
      bytes: cut.keepsExchanges
        ? bytes + prepared.bytes
        : Math.max(bytes, prepared.bytes),
      mayBeStored: false,
    };
  }
}
