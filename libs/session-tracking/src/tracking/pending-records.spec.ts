import { describe, expect, it } from 'vitest';
import { exchangeOf, user } from '../../testing/record-builders.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import type { RecordBatch } from '../store/session-store.js';
import { RECORDS_PER_BATCH } from './batch-cutter.js';
import { PendingRecords } from './pending-records.js';
import { estimateBytes, type QueuedExchange } from './record-queue.js';

const EXCHANGES_PER_BATCH = RECORDS_PER_BATCH / 2;

const unanswered = new StoreUnavailableError('take a batch', 'timed out');
const refused = new StoreUnavailableError('take a batch', 'is full', false);

function exchanges(batches: number): QueuedExchange[] {
  return Array.from({ length: batches * EXCHANGES_PER_BATCH }, (_, index) => ({
    ...exchangeOf(user('42'), { id: String(index) }),
    partition: 0,
  }));
}

/** What was sent once, in so many batches, and is not settled. */
function sent(batches: number) {
  const all = exchanges(batches);
  const pending = new PendingRecords();
  all.forEach((exchange) => pending.push(exchange));
  const first = pending.nextFlush(batches * RECORDS_PER_BATCH, false);
  expect(first).toHaveLength(batches);
  return { pending, all, first };
}

/** What tells whether batches are the same: no two are cut with one seed. */
function seedsOf(batches: readonly RecordBatch[]): string[] {
  return batches.map(({ seed }) => seed);
}

describe('a flush that failed', () => {
  it.each([
    ['an error that does not tell', unanswered],
    ['an error of another kind', new Error('out of order')],
    ['no error, as behind one that failed', undefined],
  ])('is sent again as it is after %s', (_what, error) => {
    const { pending, first } = sent(2);
    pending.failed([error, error]);
    expect(pending.waiting).toBe(0);
    expect(seedsOf(pending.nextFlush(RECORDS_PER_BATCH, false))).toEqual(
      seedsOf(first),
    );
  });

  it('waits again, the oldest first, when it certainly reached nothing', () => {
    const { pending, all } = sent(2);
    const [later] = exchanges(1);
    if (later !== undefined) {
      pending.push(later);
    }
    pending.failed([refused, refused]);
    expect(pending.head).toBeUndefined();
    expect(pending.waiting).toBe(2 * RECORDS_PER_BATCH + 2);
    expect(pending.dropOldest()).toBe(all[0]);
    expect(pending.all()).toEqual([...all.slice(1), later]);
  });

  it('is sent again as it is though only an earlier attempt may have reached the store', () => {
    const { pending, first } = sent(2);
    pending.failed([unanswered, unanswered]);
    pending.failed([refused, refused]);
    pending.failed([refused]);
    expect(seedsOf(pending.nextFlush(RECORDS_PER_BATCH, false))).toEqual(
      seedsOf(first),
    );
  });

  it('keeps what stands before a batch that may be stored, and no more', () => {
    const { pending, all, first } = sent(3);
    pending.failed([refused, unanswered, refused]);
    expect(pending.waiting).toBe(RECORDS_PER_BATCH);
    expect(seedsOf(pending.nextFlush(RECORDS_PER_BATCH, false))).toEqual(
      seedsOf(first.slice(0, 2)),
    );
    expect(pending.all()).toEqual(all);
  });

  it('takes the memory that it took before, whatever becomes of it', () => {
    const { pending, all } = sent(3);
    const bytes = all.reduce((sum, each) => sum + estimateBytes(each), 0);
    expect(pending.bytes).toBe(bytes);
    pending.failed([refused, unanswered, refused]);
    expect(pending.bytes).toBe(bytes);
    pending.takeAll();
    expect(pending.bytes).toBe(0);
  });
});
