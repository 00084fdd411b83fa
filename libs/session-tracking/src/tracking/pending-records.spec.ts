import { describe, expect, it } from 'vitest';
import { ControllableStore } from '../../testing/controllable-store.js';
import { exchangeOf, user } from '../../testing/record-builders.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
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
  const { pending, flush } = start();
  all.forEach((exchange) => pending.push(exchange));
  const first = flush(batches * RECORDS_PER_BATCH);
  expect(first).toHaveLength(batches);
  return { pending, all, first, flush };
}

function inPartition(partition: number): QueuedExchange {
  return { ...exchangeOf(user(String(partition))), partition };
}

/** Before a store that hangs, so that what is sent can be looked at. */
function start() {
  const store = new ControllableStore(() => 0);
  store.mode = 'hang';
  const pending = new PendingRecords((batch) => store.prepare(batch));
  /** Answers the seeds of what was sent: no two batches are cut with the same. */
  const flush = (limit = RECORDS_PER_BATCH): string[] => {
    const before = store.sent.length;
    pending.nextFlush(limit, false).forEach((send) => void send());
    return store.sent.slice(before).map(({ seed }) => seed);
  };
  return { pending, flush };
}

function remaining(pending: PendingRecords): QueuedExchange[] {
  return pending.takeAll().flatMap(({ exchanges: all }) => all);
}

/** One batch on its way, one packed ahead, and an exchange that came last. */
function packedAhead() {
  const { pending, all, first, flush } = sent(1);
  const later = exchanges(1);
  later.forEach((exchange) => pending.push(exchange));
  expect(pending.holdsFullBatch).toBe(true);
  pending.packFullBatch();
  expect(pending.holdsFullBatch).toBe(false);
  const [last] = exchanges(1);
  if (last === undefined) {
    throw new Error('A batch has exchanges.');
  }
  pending.push(last);
  return { pending, all, first, flush, last };
}

describe('what was packed ahead', () => {
  it('waits behind what is on its way, and leaves with the next flush', () => {
    const { pending, flush } = packedAhead();
    expect(pending.waiting).toBe(RECORDS_PER_BATCH + 2);
    pending.confirmHead();
    expect(pending.head).toBeUndefined();
    expect(flush(RECORDS_PER_BATCH)).toHaveLength(1);
    expect(pending.waiting).toBe(2);
    pending.confirmHead();
    expect(flush(RECORDS_PER_BATCH)).toHaveLength(1);
    pending.confirmHead();
    expect(pending.isEmpty).toBe(true);
    expect(pending.bytes).toBe(0);
  });

  it('leaves together with what came after it where a flush has room', () => {
    const { pending, flush } = packedAhead();
    pending.confirmHead();
    expect(flush(RECORDS_PER_BATCH + 1)).toHaveLength(2);
    expect(pending.waiting).toBe(0);
  });

  it('waits for the next flush where this one would take too much', () => {
    const { pending, flush } = packedAhead();
    pending.failed([refused]);
    expect(flush(2 * RECORDS_PER_BATCH - 1)).toHaveLength(1);
    expect(pending.waiting).toBe(RECORDS_PER_BATCH + 2);
  });

  it('is given up whole, before what came after it', () => {
    const { pending, last } = packedAhead();
    const { bytes } = pending;
    expect(pending.dropOldest()).toEqual({
      records: RECORDS_PER_BATCH,
      exchanges: [],
    });
    expect(pending.waiting).toBe(2);
    expect(pending.bytes).toBe(
      (bytes - estimateBytes(last)) / 2 + estimateBytes(last),
    );
    expect(pending.dropOldest()).toEqual({ records: 2, exchanges: [last] });
    expect(pending.dropOldest()).toBeUndefined();
    expect(pending.waiting).toBe(0);
  });

  it('stays behind what failed and goes before what came after it', () => {
    const { pending, all, flush, first, last } = packedAhead();
    pending.failed([refused]);
    expect(pending.waiting).toBe(2 * RECORDS_PER_BATCH + 2);
    expect(flush(2 * RECORDS_PER_BATCH)[0]).toEqual(first[0]);
    expect(pending.takeAll()).toEqual([
      { records: RECORDS_PER_BATCH, exchanges: all },
      { records: RECORDS_PER_BATCH, exchanges: [] },
      { records: 2, exchanges: [last] },
    ]);
  });

  it('is told from what was queued after a moment', () => {
    const { pending, flush } = packedAhead();
    const inFlight = EXCHANGES_PER_BATCH;
    expect(pending.end).toBe(2 * inFlight + 1);
    expect(pending.holdsAnyBefore(1)).toBe(true);
    expect(pending.holdsAnyBefore(0)).toBe(false);
    pending.confirmHead();
    expect(pending.holdsAnyBefore(inFlight)).toBe(false);
    expect(pending.holdsAnyBefore(inFlight + 1)).toBe(true);
    flush(RECORDS_PER_BATCH);
    pending.confirmHead();
    expect(pending.holdsAnyBefore(2 * inFlight)).toBe(false);
    expect(pending.holdsAnyBefore(2 * inFlight + 1)).toBe(true);
    flush(RECORDS_PER_BATCH);
    pending.confirmHead();
    expect(pending.holdsAnyBefore(pending.end)).toBe(false);
  });
});

describe('what several partitions hold', () => {
  it('is told from what was queued after a moment, though a part of it waits again', () => {
    const { pending, flush } = start();
    [0, 1].forEach((partition) => pending.push(inPartition(partition)));
    const { end } = pending;
    [0, 1].forEach((partition) => pending.push(inPartition(partition)));
    expect(flush()).toHaveLength(2);
    pending.failed([unanswered, refused]);
    pending.confirmHead();
    expect(pending.holdsAnyBefore(end)).toBe(true);
    expect(flush(2)).toHaveLength(1);
    pending.confirmHead();
    expect(pending.holdsAnyBefore(end)).toBe(false);
  });
});

describe('a flush that failed', () => {
  it.each([
    ['an error that does not tell', unanswered],
    ['an error of another kind', new Error('out of order')],
    ['no error, as behind one that failed', undefined],
  ])('is sent again as it is after %s', (_what, error) => {
    const { pending, first, flush } = sent(2);
    pending.failed([error, error]);
    expect(pending.waiting).toBe(0);
    expect(flush()).toEqual(first);
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
    expect(pending.dropOldest()).toEqual({
      records: 2,
      exchanges: [all[0]],
    });
    expect(remaining(pending)).toEqual([...all.slice(1), later]);
  });

  it('is sent again as it is though only an earlier attempt may have reached the store', () => {
    const { pending, first, flush } = sent(2);
    pending.failed([unanswered, unanswered]);
    pending.failed([refused, refused]);
    pending.failed([refused]);
    expect(flush()).toEqual(first);
  });

  it('keeps what stands before a batch that may be stored, and no more', () => {
    const { pending, all, first, flush } = sent(3);
    pending.failed([refused, unanswered, refused]);
    expect(pending.waiting).toBe(RECORDS_PER_BATCH);
    expect(flush()).toEqual(first.slice(0, 2));
    expect(remaining(pending)).toEqual(all);
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
