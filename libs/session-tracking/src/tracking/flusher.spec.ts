import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type {
  ControllableStore,
  SentBatch,
} from '../../testing/controllable-store.js';
import { type FakeClock, settle } from '../../testing/fake-clock.js';
import {
  requestRecord,
  responseRecord,
  user,
} from '../../testing/record-builders.js';
import type { RecordingLog } from '../../testing/recording-log.js';
import { TrackerSetting } from '../../testing/tracker-setting.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import { RECORDS_PER_BATCH } from './batch-cutter.js';
import { type FlushPolicy, LONGEST_BACK_OFF_MS } from './flusher.js';
import type { SessionTracker } from './session-tracker.js';

const EXCHANGES_PER_BATCH = RECORDS_PER_BATCH / 2;

let clock: FakeClock;
let store: ControllableStore;
let log: RecordingLog;
let tracker: SessionTracker;
let recorded: number;

function start(policy: Partial<FlushPolicy> = {}): void {
  const setting = new TrackerSetting({
    flush: { maxQueue: 10_000, ...policy },
  });
  ({ clock, store, log, tracker } = setting);
  recorded = 0;
}

/** Records exchanges of two records each, numbered on. */
function record(exchanges: number, client = user('42')): void {
  for (let i = 0; i < exchanges; i += 1) {
    recorded += 1;
    const id = String(recorded);
    tracker.recordExchange(
      client,
      requestRecord({ request_id: id }),
      responseRecord({ request_id: id }),
    );
  }
}

/** Lets time pass until the store is asked. */
async function advanceToAttempt(): Promise<void> {
  const before = store.sent.length;
  while (store.sent.length === before) {
    await clock.advance(5);
  }
}

async function storedIds(userId = '42'): Promise<string[]> {
  const id = await store.findSessionId({ userId });
  const history = await store.readSession(id ?? '');
  return (history?.requests ?? []).map(({ request_id }) => request_id);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

function failing(): never {
  throw new Error('log');
}

beforeEach(() => start());

describe('when batches leave', () => {
  it('waits for the interval and then sends all at once', async () => {
    record(3);
    await clock.advance(49);
    expect(store.sent).toHaveLength(0);
    await clock.advance(1);
    expect(store.sent).toHaveLength(1);
    expect(await storedIds()).toEqual(['1', '2', '3']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts the interval from the oldest record', async () => {
    record(1);
    await clock.advance(30);
    record(1);
    await clock.advance(20);
    expect(await storedIds()).toEqual(['1', '2']);
  });

  it('sends at once when maxBatch records are there', async () => {
    start({ maxBatch: 10 });
    record(4);
    await settle();
    expect(store.sent).toHaveLength(0);
    record(1);
    await settle();
    expect(await storedIds()).toEqual(numbers(1, 5));
  });

  it('sends a large load in pieces, in order', async () => {
    const full = RECORDS_PER_BATCH / 2;
    const count = 5 * full;
    record(count);
    await clock.advance(50);
    await clock.advance(50);
    expect(store.sent.length).toBeGreaterThanOrEqual(5);
    for (const { exchanges } of store.sent) {
      expect(exchanges.length).toBeLessThanOrEqual(full);
    }
    expect(await storedIds()).toEqual(numbers(1, count));
  });

  it('has one flush on its way at a time', async () => {
    start({ maxBatch: 100 });
    store.mode = 'hang';
    record(500);
    await clock.advance(500);
    expect(store.sent).toHaveLength(1);
    void tracker.flush();
    record(500);
    await clock.advance(500);
    expect(store.sent).toHaveLength(1);
    store.mode = 'work';
    store.release();
    await clock.advance(2000);
    expect(store.overlaps).toBe(0);
    expect(await storedIds()).toEqual(numbers(1, 1000));
  });

  it('keeps the process alive while somebody waits for a record', async () => {
    record(1);
    expect(clock.keepsProcessAlive).toBe(false);
    store.mode = 'fail';
    const stored = tracker.recordRequest(user('42'), {
      path: '/',
      method: 'GET',
    });
    expect(clock.keepsProcessAlive).toBe(true);
    await clock.advance(50);
    expect(clock.keepsProcessAlive).toBe(true);
    store.mode = 'work';
    await clock.advance(LONGEST_BACK_OFF_MS);
    await stored;
    record(1);
    expect(clock.keepsProcessAlive).toBe(false);
  });

  it('sets no timer while there is nothing to do', async () => {
    expect(clock.pendingTimers).toBe(0);
    record(1);
    await clock.advance(50);
    await clock.advance(10_000);
    expect(clock.pendingTimers).toBe(0);
    expect(store.sent).toHaveLength(1);
  });
});

describe('when the store fails', () => {
  it('sends the very same batch again until it is taken', async () => {
    store.mode = 'fail';
    record(2);
    await clock.advance(50);
    record(3);
    await clock.advance(3000);
    expect(store.sent.length).toBeGreaterThan(3);
    const [first] = store.sent;
    for (const { writer, sequence, seed, exchanges } of store.sent) {
      expect({ writer, sequence, seed }).toEqual({
        writer: first?.writer,
        sequence: first?.sequence,
        seed: first?.seed,
      });
      expect(exchanges).toBe(first?.exchanges);
    }
    expect(first?.exchanges).toHaveLength(2);
    store.mode = 'work';
    await clock.advance(2000);
    expect(await storedIds()).toEqual(numbers(1, 5));
    expect(tracker.stats()).toMatchObject({ stored: 10, queued: 0 });
  });

  it('stores once what was stored though the reply was lost', async () => {
    store.mode = 'lose-reply';
    record(120);
    await clock.advance(5000);
    expect(tracker.stats().stored).toBe(0);
    store.mode = 'work';
    await clock.advance(2000);
    expect(await storedIds()).toEqual(numbers(1, 120));
    expect(tracker.stats()).toMatchObject({ stored: 240, queued: 0 });
  });

  it('stores once what a lost reply had stored though it is refused later', async () => {
    store.mode = 'lose-reply';
    record(3);
    await clock.advance(50);
    store.mode = 'refuse';
    await clock.advance(2000);
    store.mode = 'work';
    await clock.advance(2000);
    expect(await storedIds()).toEqual(['1', '2', '3']);
    expect(tracker.stats()).toMatchObject({ stored: 6, queued: 0 });
  });

  it('sends the batches of a flush in one go, each naming the one before', async () => {
    start({ maxBatch: 4 * RECORDS_PER_BATCH });
    store.mode = 'hang';
    record((4 * RECORDS_PER_BATCH) / 2);
    await clock.advance(50);
    const sequences = store.sent.map(({ sequence }) => sequence);
    expect(sequences).toHaveLength(4);
    expect(store.sent.map(({ follows }) => follows)).toEqual([
      undefined,
      ...sequences.slice(0, 3),
    ]);
  });

  it('keeps what comes later back while a flush fails', async () => {
    store.mode = 'fail';
    record(50);
    await clock.advance(50);
    record(400);
    await clock.advance(10_000);
    expect(new Set(store.sent.map(({ sequence }) => sequence)).size).toBe(1);
  });

  it('sends one batch of several at each attempt until one is taken', async () => {
    start({ maxBatch: 4 * RECORDS_PER_BATCH });
    store.mode = 'fail';
    record((4 * RECORDS_PER_BATCH) / 2);
    await clock.advance(50);
    expect(store.sent).toHaveLength(4);
    await clock.advance(10_000);
    const { failedAttempts } = tracker.stats();
    expect(failedAttempts).toBeGreaterThan(5);
    expect(store.sent).toHaveLength(4 + failedAttempts - 1);
  });

  it('goes on with the first batch that was not taken', async () => {
    store.mode = 'waver';
    record(250);
    await clock.advance(20_000);
    expect(await storedIds()).toEqual(numbers(1, 250));
    expect(tracker.stats()).toMatchObject({ stored: 500, queued: 0 });
  });

  it('waits longer each time, and never more than the longest back-off', async () => {
    store.mode = 'fail';
    record(1);
    const attempts: number[] = [];
    for (let elapsed = 0; elapsed < 20_000; elapsed += 5) {
      const before = store.sent.length;
      await clock.advance(5);
      if (store.sent.length > before) {
        attempts.push(clock.monotonic());
      }
    }
    const waits = attempts.slice(1).map((time, i) => time - (attempts[i] ?? 0));
    expect(waits.slice(0, 5)).toEqual([100, 200, 400, 800, 1000]);
    expect(Math.max(...waits)).toBe(LONGEST_BACK_OFF_MS);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  });

  it('does not hurry because the queue fills up meanwhile', async () => {
    start({ maxBatch: 10 });
    store.mode = 'fail';
    record(5);
    await settle();
    const before = store.sent.length;
    record(500);
    await settle();
    expect(store.sent.length).toBe(before);
    await clock.advance(10_000);
    expect(store.sent.length).toBeLessThan(before + 20);
  });

  it('resumes by itself within twice the longest back-off', async () => {
    store.mode = 'fail';
    record(1);
    await clock.advance(60_000);
    store.mode = 'work';
    await clock.advance(2 * LONGEST_BACK_OFF_MS);
    expect(tracker.stats()).toMatchObject({ stored: 2, storeAvailable: true });
    record(1);
    await clock.advance(50);
    expect(tracker.stats().stored).toBe(4);
  });

  it('resumes at once when the store can be reached again', async () => {
    store.mode = 'fail';
    record(1);
    await clock.advance(60_000);
    await advanceToAttempt();
    await clock.advance(LONGEST_BACK_OFF_MS / 2);
    store.mode = 'work';
    store.becomeReachable();
    await clock.advance(0);
    expect(tracker.stats()).toMatchObject({ stored: 2, storeAvailable: true });
  });

  it('tries four times a second at most where the store can be reached and takes nothing', async () => {
    store.mode = 'fail';
    record(1);
    await clock.advance(60_000);
    const before = store.sent.length;
    for (let elapsed = 0; elapsed < 10_000; elapsed += 10) {
      await clock.advance(10);
      store.becomeReachable();
    }
    const attempts = store.sent.length - before;
    expect(attempts).toBeGreaterThan(30);
    expect(attempts).toBeLessThanOrEqual(40);
  });

  it('attempts nothing because a store that works can be reached', async () => {
    record(1);
    store.becomeReachable();
    await clock.advance(49);
    expect(store.sent).toEqual([]);
  });

  it('says so in one line, and in another when it is over', async () => {
    store.mode = 'fail';
    record(1);
    await clock.advance(50);
    expect(tracker.stats()).toMatchObject({
      storeAvailable: false,
      failedAttempts: 1,
    });
    await clock.advance(10_000);
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatch(/^warn: .*it is away/);
    store.mode = 'work';
    await clock.advance(1000);
    expect(log.lines).toHaveLength(2);
    expect(log.lines[1]).toMatch(/^log: .*available again after 1\d\.\d s/);

    store.mode = 'fail';
    record(1);
    await clock.advance(5000);
    store.mode = 'work';
    await clock.advance(5000);
    expect(log.lines).toHaveLength(4);
  });
});

describe('when the queue is full', () => {
  it('drops the oldest first and counts them', async () => {
    start({ maxQueue: 10 });
    store.mode = 'fail';
    record(8);
    expect(tracker.stats()).toMatchObject({
      accepted: 16,
      queued: 10,
      droppedQueueFull: 6,
    });
    store.mode = 'work';
    await clock.advance(50);
    expect(await storedIds()).toEqual(numbers(4, 8));
  });

  it('drops the oldest first also of what the store refused', async () => {
    start({ maxQueue: 10 });
    store.mode = 'refuse';
    record(3);
    await clock.advance(50);
    record(4);
    store.mode = 'work';
    await clock.advance(2000);
    expect(await storedIds()).toEqual(numbers(3, 7));
  });

  it('keeps what is on its way, which may be stored already', async () => {
    start({ maxQueue: 10 });
    store.mode = 'lose-reply';
    record(3);
    await clock.advance(50);
    record(9);
    expect(tracker.stats().queued).toBe(10);
    store.mode = 'work';
    await clock.advance(2000);
    expect(await storedIds()).toEqual(['1', '2', '3', '11', '12']);
  });

  it('never holds more than it may, even with a queue smaller than a batch', async () => {
    start({ maxQueue: 4, maxBatch: 500 });
    store.mode = 'hang';
    record(2);
    await clock.advance(50);
    for (let i = 0; i < 20; i += 1) {
      record(1);
      expect(tracker.stats().queued).toBeLessThanOrEqual(4);
    }
    expect(tracker.stats()).toMatchObject({ droppedQueueFull: 40, queued: 4 });
  });

  it('drops one by one while the store fails', async () => {
    start({ maxQueue: 10 * RECORDS_PER_BATCH });
    store.mode = 'refuse';
    record(1);
    await clock.advance(50);
    for (let i = 0; i < 700; i += 1) {
      record(1);
      expect(tracker.stats().queued).toBe(Math.min(2 * recorded, 1000));
      await clock.advance(5);
    }
    store.mode = 'work';
    await clock.advance(3000);
    expect(await storedIds()).toEqual(numbers(202, 701));
  });

  it('is bounded in bytes too', () => {
    start({ maxQueue: 10_000_000 });
    store.mode = 'fail';
    const path = `/${'x'.repeat(2047)}`;
    const client = user('42');
    for (let i = 0; i < 50_000; i += 1) {
      tracker.recordExchange(client, requestRecord({ path }), responseRecord());
    }
    const { queuedBytes, droppedQueueFull } = tracker.stats();
    expect(droppedQueueFull).toBeGreaterThan(0);
    expect(queuedBytes).toBeLessThanOrEqual(64 * 1024 * 1024);
    expect(queuedBytes).toBeGreaterThan(60 * 1024 * 1024);
    expect(log.with('being lost')).toEqual([
      expect.stringContaining('the queue is full (64 MiB)'),
    ]);
  });

  it('says when loss starts and, with the count, when it ends', async () => {
    start({ maxQueue: 10 });
    store.mode = 'fail';
    record(1);
    await clock.advance(1000);
    record(104);
    await clock.advance(10_000);
    record(5);
    expect(log.with('being lost')).toEqual([
      'error: Records are being lost: the queue is full (flush.maxQueue 10) and the oldest are dropped.',
    ]);
    expect(log.with('were lost')).toEqual([]);
    store.mode = 'work';
    await clock.advance(2000);
    const lost = tracker.stats().droppedQueueFull;
    expect(lost).toBe(210);
    expect(log.with('were lost')).toEqual([
      `warn: Records are stored again; ${lost} were lost.`,
    ]);

    store.mode = 'fail';
    record(8);
    expect(log.with('being lost')).toHaveLength(2);
    store.mode = 'work';
    await clock.advance(2000);
    expect(log.with('were lost')[1]).toBe(
      'warn: Records are stored again; 6 were lost.',
    );
  });

  it('counts every loss though the host’s log throws', async () => {
    ({ clock, store, tracker } = new TrackerSetting({
      flush: { maxQueue: 4 },
      host: { log: failing, warn: failing, error: failing },
    }));
    store.mode = 'hang';
    for (let i = 0; i < 5; i += 1) {
      tracker
        .recordRequest({ ip: '192.0.2.1' }, { path: '/', method: 'GET' })
        .catch(() => undefined);
    }
    store.mode = 'work';
    await clock.advance(1000);
    expect(tracker.stats()).toMatchObject({
      accepted: 5,
      stored: 4,
      droppedQueueFull: 1,
      queued: 0,
    });
  });

  it('does not repeat these lines while a slow store keeps losing', async () => {
    start({ maxQueue: 300, maxBatch: 100 });
    store.mode = 'hang';
    for (let batch = 0; batch < 20; batch += 1) {
      record(200);
      await clock.advance(100);
      store.release();
      await settle();
    }
    expect(tracker.stats().stored).toBeGreaterThan(500);
    expect(tracker.stats().droppedQueueFull).toBeGreaterThan(500);
    expect(log.with('being lost')).toHaveLength(1);
  });
});

describe('packing ahead', () => {
  it('packs a batch as soon as it is full, while one is on its way too', async () => {
    start({ maxBatch: 2 * RECORDS_PER_BATCH });
    record(EXCHANGES_PER_BATCH - 1);
    expect(store.prepared).toHaveLength(0);
    record(1);
    expect(store.prepared.map(({ exchanges }) => exchanges)).toEqual([
      expect.objectContaining({ length: EXCHANGES_PER_BATCH }),
    ]);
    expect(store.sent).toHaveLength(0);
    store.mode = 'hang';
    await clock.advance(50);
    expect(store.sent).toHaveLength(1);
    record(EXCHANGES_PER_BATCH);
    expect(store.prepared).toHaveLength(2);
    expect(store.sent).toHaveLength(1);
    store.mode = 'work';
    store.release();
    await clock.advance(2000);
    expect(store.sent).toHaveLength(2);
    expect(store.prepared).toHaveLength(2);
    expect(await storedIds()).toEqual(numbers(1, 2 * EXCHANGES_PER_BATCH));
  });

  it('packs no batch ahead that is larger than a tenth of the queue', () => {
    start({ maxQueue: 10 * RECORDS_PER_BATCH - 1 });
    record(2 * EXCHANGES_PER_BATCH);
    expect(store.prepared).toHaveLength(0);
  });

  it('packs no batch ahead that is larger than a flush', () => {
    start({ maxBatch: RECORDS_PER_BATCH - 2 });
    store.mode = 'hang';
    record(EXCHANGES_PER_BATCH - 1);
    expect(store.sent).toHaveLength(1);
    record(2 * EXCHANGES_PER_BATCH);
    expect(store.prepared).toHaveLength(1);
  });

  it('packs nothing ahead while somebody listens or the store fails', async () => {
    const listening = tracker.records$.subscribe();
    record(EXCHANGES_PER_BATCH);
    expect(store.prepared).toHaveLength(0);
    listening.unsubscribe();
    store.mode = 'fail';
    await clock.advance(50);
    expect(store.prepared).toHaveLength(1);
    record(3 * EXCHANGES_PER_BATCH);
    expect(store.prepared).toHaveLength(1);
    store.mode = 'work';
    await clock.advance(2000);
    expect(await storedIds()).toEqual(numbers(1, 4 * EXCHANGES_PER_BATCH));
  });

  it('drops what was packed ahead by the batch, which is a tenth of the queue at most', async () => {
    start({ maxQueue: 10 * RECORDS_PER_BATCH, maxBatch: RECORDS_PER_BATCH });
    store.mode = 'hang';
    record(EXCHANGES_PER_BATCH);
    await settle();
    expect(store.sent).toHaveLength(1);
    record(9 * EXCHANGES_PER_BATCH);
    expect(tracker.stats()).toMatchObject({ queued: 1000, dropped: 0 });
    record(1);
    expect(tracker.stats()).toMatchObject({
      droppedQueueFull: RECORDS_PER_BATCH,
      queued: 1000 + 2 - RECORDS_PER_BATCH,
    });
    record(EXCHANGES_PER_BATCH - 1);
    expect(tracker.stats()).toMatchObject({ dropped: 100, queued: 1000 });
    store.mode = 'work';
    store.release();
    await clock.advance(2000);
    expect(await storedIds()).toEqual([
      ...numbers(1, 50),
      ...numbers(101, 550),
    ]);
    expect(tracker.stats()).toMatchObject({ stored: 1000, queued: 0 });
  });

  it('packs nothing ahead while somebody waits, who is told when it is dropped', async () => {
    start({ maxQueue: 10 * RECORDS_PER_BATCH, maxBatch: RECORDS_PER_BATCH });
    store.mode = 'hang';
    record(EXCHANGES_PER_BATCH);
    await settle();
    const { length } = store.prepared;
    const dropped = tracker.recordRequest(user('42'), {
      path: '/',
      method: 'GET',
    });
    record(8 * EXCHANGES_PER_BATCH);
    expect(store.prepared).toHaveLength(length);
    record(2 * EXCHANGES_PER_BATCH);
    await expect(dropped).rejects.toThrow('queue');
    expect(store.prepared.length).toBeGreaterThan(length);
  });
});

describe('flush', () => {
  it('stores everything recorded before the call, without waiting for the interval', async () => {
    record(700);
    await tracker.flush();
    expect(await storedIds()).toEqual(numbers(1, 700));
  });

  it('has nothing to do when nothing was recorded', async () => {
    await tracker.flush();
    expect(store.sent).toEqual([]);
  });

  it('joins what is under way', async () => {
    store.mode = 'hang';
    record(1);
    await clock.advance(50);
    record(1);
    const flushed = Promise.all([tracker.flush(), tracker.flush()]);
    store.mode = 'work';
    store.release();
    await flushed;
    expect(await storedIds()).toEqual(['1', '2']);
    expect(store.sent).toHaveLength(2);
    expect(store.overlaps).toBe(0);
  });

  it('does not wait for what is recorded after the call', async () => {
    record(1);
    const flushed = tracker.flush();
    store.mode = 'hang';
    record(1);
    await flushed;
    expect(tracker.stats().stored).toBe(2);
  });

  it('rejects when the store does not take it, and keeps it', async () => {
    store.mode = 'fail';
    record(2);
    await expect(tracker.flush()).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(tracker.stats()).toMatchObject({ queued: 4, dropped: 0 });
    store.mode = 'work';
    await tracker.flush();
    expect(await storedIds()).toEqual(['1', '2']);
  });

  it('waits for what may be stored already though as much that came later was dropped', async () => {
    start({ maxQueue: 400, maxBatch: 300 });
    store.mode = 'lose-reply';
    record(150);
    await settle();
    store.mode = 'hang';
    const flushed = tracker.flush();
    record(200);
    expect(tracker.stats().dropped).toBe(300);
    store.mode = 'work';
    store.release();
    await flushed;
    expect(tracker.stats().stored).toBeGreaterThanOrEqual(300);
  });

  it('ends though what it waits for was dropped', async () => {
    start({ maxQueue: 4 });
    store.mode = 'hang';
    record(2);
    await clock.advance(50);
    record(2);
    const flushed = tracker.flush();
    record(10);
    store.mode = 'work';
    store.release();
    await flushed;
    expect(tracker.stats().queued).toBe(0);
  });
});

describe('close', () => {
  it('stores everything before it is done', async () => {
    record(700);
    await clock.advanceUntilSettled(tracker.close(5000));
    expect(await storedIds()).toEqual(numbers(1, 700));
    expect(tracker.stats()).toMatchObject({ stored: 1400, dropped: 0 });
    expect(log.lines).toEqual([]);
  });

  it('takes no time when there is nothing to store', async () => {
    expect(await clock.advanceUntilSettled(tracker.close(5000))).toBe(0);
    expect(store.sent).toEqual([]);
  });

  it('keeps trying while the store is away for a moment', async () => {
    store.mode = 'fail';
    record(3);
    const closed = tracker.close(5000);
    await clock.advance(1500);
    store.mode = 'work';
    const took = await clock.advanceUntilSettled(closed);
    expect(took).toBeLessThan(1500);
    expect(await storedIds()).toEqual(['1', '2', '3']);
    expect(tracker.stats().dropped).toBe(0);
  });

  it.each(['fail', 'hang', 'lose-reply'] as const)(
    'gives up at its limit when the store does nothing but %s, and says how much is lost',
    async (mode) => {
      store.mode = mode;
      record(3);
      await clock.advance(50);
      record(4);
      const took = await clock.advanceUntilSettled(tracker.close(5000));
      expect(tracker.stats()).toMatchObject({
        accepted: 14,
        stored: 0,
        droppedShutdown: 14,
        queued: 0,
      });
      expect(log.with('14 records were lost')).toHaveLength(1);
      expect(took).toBeLessThanOrEqual(5000);
    },
  );

  it('says in one line how much was lost at the end and how much before', async () => {
    start({ maxQueue: 4 });
    store.mode = 'fail';
    record(1);
    await clock.advance(1000);
    record(9);
    await clock.advanceUntilSettled(tracker.close(5000));
    const { droppedQueueFull, droppedShutdown } = tracker.stats();
    expect(droppedQueueFull + droppedShutdown).toBe(20);
    expect(log.with('stored again')).toEqual([]);
    expect(log.with('were lost')).toEqual([
      `error: ${droppedShutdown} records were lost: the session store did not take them within flush.shutdownMs; ${droppedQueueFull} before them, because the queue was full.`,
    ]);
  });

  it('gives up at its limit also when each attempt takes its time to fail', async () => {
    const late: number[] = [];
    for (let limit = 500; limit <= 6000; limit += 250) {
      start();
      store.mode = 'hang';
      record(1);
      const failEvery500 = (): void => {
        clock.schedule(() => {
          store.abort();
          failEvery500();
        }, 500);
      };
      failEvery500();
      const took = await clock.advanceUntilSettled(tracker.close(limit));
      if (took > limit) {
        late.push(took - limit);
      }
    }
    expect(late).toEqual([]);
  });

  it('gives up at once with a limit of zero', async () => {
    record(3);
    expect(await clock.advanceUntilSettled(tracker.close(0))).toBe(0);
    expect(tracker.stats()).toMatchObject({ droppedShutdown: 6, queued: 0 });
    expect(log.with('6 records were lost')).toHaveLength(1);
  });

  it('counts what it gave up as lost whatever the store says later', async () => {
    store.mode = 'hang';
    record(3);
    await clock.advance(50);
    await clock.advanceUntilSettled(tracker.close(100));
    const before = tracker.stats();
    store.release();
    await clock.advance(5000);
    expect(tracker.stats()).toEqual(before);
    expect(before).toMatchObject({ stored: 0, droppedShutdown: 6 });
  });

  it('can be called twice, at once and again', async () => {
    record(3);
    await clock.advanceUntilSettled(
      Promise.all([tracker.close(5000), tracker.close(5000)]),
    );
    await tracker.close(5000);
    expect(await storedIds()).toEqual(['1', '2', '3']);
    expect(tracker.stats()).toMatchObject({ stored: 6, dropped: 0 });
    expect(log.lines).toEqual([]);
  });

  it('lets flush() during and after it end without harm', async () => {
    store.mode = 'fail';
    record(3);
    const closed = tracker.close(1000);
    const flushed = tracker.flush().catch((error: unknown) => error);
    await clock.advanceUntilSettled(Promise.all([closed, flushed]));
    expect(await flushed).toBeInstanceOf(StoreUnavailableError);
    await tracker.flush();
    store.mode = 'work';
    await tracker.flush();
    expect(await storedIds()).toEqual([]);
    expect(tracker.stats()).toMatchObject({ droppedShutdown: 6, queued: 0 });
  });

  it('drops and counts what is recorded afterwards', async () => {
    record(1);
    await clock.advanceUntilSettled(tracker.close(1000));
    record(1);
    await clock.advance(5000);
    expect(tracker.stats()).toMatchObject({
      accepted: 4,
      stored: 2,
      droppedShutdown: 2,
      queued: 0,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('stores what is recorded while it drains', async () => {
    store.mode = 'hang';
    record(1);
    const closed = tracker.close(5000);
    await clock.advance(100);
    record(1);
    store.mode = 'work';
    store.release();
    await clock.advanceUntilSettled(closed);
    expect(await storedIds()).toEqual(['1', '2']);
  });
});

describe('whatever happens', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('record' as const),
        client: fc.nat(3),
        exchanges: fc.integer({ min: 1, max: 70 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('await' as const),
        client: fc.nat(3),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('mode' as const),
        mode: fc.constantFrom(
          'work' as const,
          'fail' as const,
          'refuse' as const,
          'lose-reply' as const,
          'waver' as const,
          'hang' as const,
        ),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constantFrom(
          'release' as const,
          'abort' as const,
          'flush' as const,
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('poison' as const),
        client: fc.nat(3),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        ms: fc.constantFrom(0, 1, 10, 50, 400, 3000),
      }),
    },
  );

  it('every record is accounted for, stored at most once, and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom(20, 60, 200, 1000, 10_000),
        fc.constantFrom(10, 100, 500),
        fc.constantFrom<'work' | 'fail' | 'hang'>(
          'work',
          'work',
          'fail',
          'hang',
        ),
        // Where nobody listens, batches are packed ahead.
        fc.boolean(),
        async (steps, maxQueue, maxBatch, ending, listens) => {
          start({ maxQueue, maxBatch });
          const outcomes = { resolved: 0, rejected: 0, awaited: 0 };
          const listened: string[] = [];
          if (listens) {
            tracker.records$.subscribe((each) => {
              if (each.type === 'request') {
                listened.push(`${each.user_id}/${each.record.request_id}`);
              }
            });
          }

          const check = (): void => {
            const stats = tracker.stats();
            expect(stats.accepted).toBe(
              stats.stored + stats.dropped + stats.queued,
            );
            expect(stats.dropped).toBe(
              stats.droppedQueueFull +
                stats.droppedRejected +
                stats.droppedErased +
                stats.droppedShutdown,
            );
            expect(stats.queued).toBeGreaterThanOrEqual(0);
            expect(stats.queued).toBeLessThanOrEqual(maxQueue);
            expect(stats.accepted).toBe(2 * recorded + outcomes.awaited);
            expect(stats.queuedBytes > 0).toBe(stats.queued > 0);
            expect(store.overlaps).toBe(0);
          };

          for (const each of steps) {
            switch (each.do) {
              case 'record':
                record(each.exchanges, user(String(each.client)));
                break;
              case 'await':
                outcomes.awaited += 1;
                tracker
                  .recordRequest(user(String(each.client)), {
                    path: '/',
                    method: 'GET',
                    request_id: `awaited-${outcomes.awaited}`,
                  })
                  .then(
                    () => (outcomes.resolved += 1),
                    () => (outcomes.rejected += 1),
                  );
                break;
              case 'mode':
                store.mode = each.mode;
                break;
              case 'release':
                store.release();
                break;
              case 'abort':
                store.abort();
                break;
              case 'flush':
                tracker.flush().catch(() => undefined);
                break;
              case 'poison':
                store.poisoned.add(`user:${each.client}`);
                break;
              case 'advance':
                await clock.advance(each.ms);
                break;
            }
            check();
            await settle();
            check();
          }

          store.mode = ending;
          if (ending === 'work') {
            store.release();
          }
          await clock.advanceUntilSettled(tracker.close(5000));
          check();
          await settle();
          const stats = tracker.stats();
          expect(stats.queued).toBe(0);
          expect(outcomes.resolved + outcomes.rejected).toBe(outcomes.awaited);
          expect(ending === 'work' ? stats.droppedShutdown : 0).toBe(0);

          // A batch is the same at each attempt, and none overtakes another.
          const firstSent = new Map<number, SentBatch>();
          for (const batch of store.sent) {
            const { sequence, seed, exchanges, follows = 0 } = batch;
            expect(follows).toBeLessThan(sequence);
            const before = firstSent.get(sequence) ?? batch;
            // Of what was packed ahead some may have been dropped, and their numbers with them.
            expect(sequence).toBeLessThanOrEqual(
              listens ? firstSent.size + 1 : Number.POSITIVE_INFINITY,
            );
            expect(
              firstSent.has(sequence) ||
                sequence > Math.max(0, ...firstSent.keys()),
            ).toBe(true);
            expect(seed).toBe(before.seed);
            expect(exchanges).toBe(before.exchanges);
            firstSent.set(sequence, before);
          }

          // What is in the store is what was counted, but for replies that were lost for good.
          let found = 0;
          for (const client of ['0', '1', '2', '3']) {
            const ids = await storedIds(client);
            expect(new Set(ids).size).toBe(ids.length);
            const order = ids
              .filter((id) => !id.startsWith('awaited'))
              .map(Number);
            expect(order).toEqual(order.toSorted((a, b) => a - b));
            const sessionId = await store.findSessionId({ userId: client });
            const history = await store.readSession(sessionId ?? '');
            found +=
              (history?.requests.length ?? 0) +
              (history?.responses.length ?? 0);
            const heard = listened
              .filter((each) => each.startsWith(`${client}/`))
              .map((each) => each.slice(2));
            expect(new Set(heard).size).toBe(heard.length);
            expect(heard).toEqual(ids.slice(0, heard.length));
          }
          expect(found).toBeGreaterThanOrEqual(stats.stored);
          expect(found - stats.stored).toBeLessThanOrEqual(
            stats.droppedShutdown,
          );
          expect(ending === 'work' ? found : stats.stored).toBe(stats.stored);
        },
      ),
      { numRuns: 150 },
    );
  });
});
