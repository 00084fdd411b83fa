import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import type { AppendedBatch, AppendedExchange } from '../../session-store.js';
import type { PackedBatch } from './batch-packing.js';

/** Stands in the totals and in no session. */
const LEFT_OUT: AppendedExchange = { outcome: 'stored', sessionId: '' };
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
  const rejected = positionsIn(rejectedLine);
  const erased = positionsIn(erasedLine);
  const exchanges = Array.from(
    { length: batch.exchangeCount },
    (): AppendedExchange => LEFT_OUT,
  );
  let position = 0;
  batch.groupSizes.forEach((size, index) => {
    const isRejected = rejected.has(index + 1);
    const sessionId = batch.wantsSessionIds ? (sessionIds[index] ?? '') : '';
    const stored: AppendedExchange = { outcome: 'stored', sessionId };
    for (const place of batch.places.slice(position, position + size)) {
      position += 1;
      if (erased.has(position)) {
        exchanges[place] = ERASED;
      } else {
        exchanges[place] = isRejected ? REJECTED : stored;
      }
    }
  });
  return {
    exchanges,
    counts: {
      pendingTotals: Number(pendingTotals),
      cappedClients: Number(cappedClients),
      cappedSessions: Number(cappedSessions),
    },
  };
}

function positionsIn(line: string): ReadonlySet<number> {
  return new Set(line === '' ? [] : line.split(' ').map(Number));
}
