import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import type { AppendedBatch, AppendedExchange } from '../../session-store.js';
import type { PackedBatch } from './batch-packing.js';

/** In a session that nobody asks for, or in the totals alone. */
const STORED: AppendedExchange = { outcome: 'stored', sessionId: '' };
const REJECTED: AppendedExchange = { outcome: 'rejected', sessionId: '' };
const ERASED: AppendedExchange = { outcome: 'erased', sessionId: '' };

/** What scripts/append-batch.lua answers. */
export interface BatchAnswer extends AppendedBatch {
  readonly counts: {
    /** How many batches have totals that wait to be folded. */
    readonly pendingTotals: number;
    readonly cappedClients: number;
    readonly cappedSessions: number;
  };
}

/** Spreads the answer of scripts/append-batch.lua over the exchanges. */
export function readBatchAnswer(
  answer: unknown,
  batch: PackedBatch,
): BatchAnswer {
  const [counts = '', rejectedLine = '', erasedLine = '', ...sessionIds] =
    typeof answer === 'string' ? answer.split('\n') : [];
  const [, sequence, pendingTotals, cappedClients, cappedSessions] =
    /^(\d+) (\d+) (\d+) (\d+)$/.exec(counts) ?? [];
  if (sequence !== String(batch.sequence)) {
    throw new StoreUnavailableError(
      'confirm a batch',
      `unexpected answer ${JSON.stringify(answer)}`,
    );
  }
  const exchanges: AppendedExchange[] = [];
  while (exchanges.length < batch.exchangeCount) {
    exchanges.push(STORED);
  }
  if (rejectedLine !== '' || erasedLine !== '' || batch.wantsSessionIds) {
    tellApart(exchanges, batch, {
      rejected: positionsIn(rejectedLine),
      erased: positionsIn(erasedLine),
      sessionIds,
    });
  }
  return {
    exchanges,
    counts: {
      pendingTotals: Number(pendingTotals),
      cappedClients: Number(cappedClients),
      cappedSessions: Number(cappedSessions),
    },
  };
}

/** What of a batch differs from one exchange to the next. */
interface Differences {
  /** Positions of clients, from 1. */
  readonly rejected: ReadonlySet<number>;
  /** Positions of exchanges as they are packed, from 1. */
  readonly erased: ReadonlySet<number>;
  /** Of each client, where the batch wants them. */
  readonly sessionIds: readonly string[];
}

function tellApart(
  exchanges: AppendedExchange[],
  { groupSizes, places, wantsSessionIds }: PackedBatch,
  { erased, rejected, sessionIds }: Differences,
): void {
  let position = 0;
  groupSizes.forEach((size, index) => {
    const isRejected = rejected.has(index + 1);
    const sessionId = wantsSessionIds ? (sessionIds[index] ?? '') : '';
    const stored: AppendedExchange = { outcome: 'stored', sessionId };
    for (const place of places.slice(position, position + size)) {
      position += 1;
      if (erased.has(position)) {
        exchanges[place] = ERASED;
      } else {
        exchanges[place] = isRejected ? REJECTED : stored;
      }
    }
  });
}

function positionsIn(line: string): ReadonlySet<number> {
  return new Set(line === '' ? [] : line.split(' ').map(Number));
}
