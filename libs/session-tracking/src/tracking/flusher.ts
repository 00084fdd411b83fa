import { AsyncResource } from 'node:async_hooks';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import { countRecords } from '../model/records/exchange.js';
import type { AppendedBatch, SessionStore } from '../store/session-store.js';
import { type QueuedBatch, RECORDS_PER_BATCH } from './batch-cutter.js';
import type { Clock, Timer } from './clock.js';
import type { LossLog } from './loss-log.js';
import { PendingRecords } from './pending-records.js';
import { RecordOutcomes } from './record-outcomes.js';
import type { QueuedExchange } from './record-queue.js';
import type { TrackingCounters } from './tracking-counters.js';
import { within } from './within.js';

/** How the queue is emptied; see the option `flush`. */
export interface FlushPolicy {
  readonly intervalMs: number;
  readonly maxBatch: number;
  readonly maxQueue: number;
}

/** Longest wait between two attempts to reach a store that fails, in milliseconds. */
export const LONGEST_BACK_OFF_MS = 1000;

/** Least wait after a failed attempt when the store can be reached again, in milliseconds. */
const REACHABLE_BACK_OFF_MS = 250;

/** Most memory that queued records may take, in bytes, whatever `maxQueue` says. */
const MAX_QUEUE_BYTES = 64 * 1024 * 1024;

/** What is packed together is dropped together: at most so large a part of the queue in one go. */
const LARGEST_SHARE_DROPPED = 0.1;

/** Called with each exchange that the store confirmed. */
export type StoredListener = (
  exchange: QueuedExchange,
  sessionId: string,
) => void;

/**
 * Holds records back for a moment and stores them in batches: one flush on its way at a time, and the
 * same batches again until the store has answered them.
 */
export class Flusher {
  private readonly pending: PendingRecords;
  private readonly outcomes: RecordOutcomes;
  /** Flushes run in it: they neither belong to the request that set them off nor retain its context. */
  private readonly ownContext = new AsyncResource('session-tracking:flush');
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private consecutiveFailures = 0;
  /** Reading of the monotonic clock. */
  private failedAt = 0;
  private closed = false;

  constructor(
    store: SessionStore,
    private readonly policy: FlushPolicy,
    private readonly counters: TrackingCounters,
    private readonly clock: Clock,
    private readonly losses: LossLog,
    /** Asked whenever a batch is made, because a listener costs the store the naming of every session. */
    private readonly findStoredListener: () => StoredListener | undefined,
  ) {
    this.outcomes = new RecordOutcomes(counters);
    this.pending = new PendingRecords((batch) => store.prepare(batch));
    store.onReachable(() => this.hurry());
  }

  get queuedBytes(): number {
    return this.pending.bytes;
  }

  get storeAvailable(): boolean {
    return this.consecutiveFailures === 0;
  }

  /** Takes an exchange in; never waits and never throws. */
  enqueue(exchange: QueuedExchange): void {
    this.outcomes.accept(exchange);
    if (this.closed) {
      this.outcomes.drop(
        { records: countRecords(exchange), exchanges: [exchange] },
        'shutdown',
      );
      return;
    }
    this.pending.push(exchange);
    this.dropOverflow();
    if (this.pending.holdsFullBatch && this.packsAhead()) {
      this.pending.packFullBatch();
    }
    if (this.running === undefined) {
      this.wakeUp();
    }
  }

  /**
   * Stores everything that was queued before the call.
   *
   * @throws StoreUnavailableError when an attempt fails; the records stay queued
   */
  async flush(): Promise<void> {
    const { end } = this.pending;
    while (this.pending.holdsAnyBefore(end)) {
      await this.start();
    }
  }

  /** Keeps trying to store everything until the time is up; what is left then is dropped. */
  async close(limitMs: number): Promise<void> {
    const deadline = this.clock.monotonic() + limitMs;
    const left = (): number => deadline - this.clock.monotonic();
    while (!this.pending.isEmpty && left() > 0) {
      const flushed = this.flush().then(
        () => true,
        () => false,
      );
      if (!(await within(this.clock, left(), flushed))) {
        await within(this.clock, Math.min(this.backOffMs(), left()));
      }
    }
    this.closed = true;
    this.timer?.cancel();
    this.dropEverything();
  }

  private wakeUp(
    delayMs = this.storeAvailable ? this.policy.intervalMs : this.backOffMs(),
  ): void {
    if (this.pending.waiting >= this.policy.maxBatch && this.storeAvailable) {
      this.startUnattended();
    } else {
      this.timer ??= this.clock.schedule(
        () => this.startUnattended(),
        Math.max(0, delayMs),
      );
      if (this.outcomes.isAwaited) {
        this.timer.keepAlive();
      }
    }
  }

  /** The store can be reached: what waits for the end of a back-off need not wait that long. */
  private hurry(): void {
    if (this.timer !== undefined && !this.storeAvailable) {
      const backOffMs = Math.min(this.backOffMs(), REACHABLE_BACK_OFF_MS);
      this.timer.cancel();
      this.timer = undefined;
      this.wakeUp(backOffMs - (this.clock.monotonic() - this.failedAt));
    }
  }

  private startUnattended(): void {
    // A failed attempt is counted, logged and retried where it happens.
    this.start().catch(() => undefined);
  }

  /** Starts a run, or joins the one under way. */
  private start(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    this.running ??= this.ownContext.runInAsyncScope(() =>
      this.run().finally(() => {
        this.running = undefined;
        if (!this.pending.isEmpty && !this.closed) {
          this.wakeUp();
        }
      }),
    );
    return this.running;
  }

  private async run(): Promise<void> {
    const wantsSessionIds = this.findStoredListener() !== undefined;
    // A store that failed is asked with a single batch: each attempt costs the application's thread.
    const batches = this.storeAvailable
      ? this.pending.nextFlush(this.policy.maxBatch, wantsSessionIds)
      : this.pending.nextFlush(RECORDS_PER_BATCH, wantsSessionIds).slice(0, 1);
    // All at once: the store takes them in order, and none after one that failed.
    const attempts = await Promise.allSettled(batches.map((send) => send()));
    for (const [index, attempt] of attempts.entries()) {
      const batch = this.pending.head;
      // What close() gave up is counted as lost already, whatever the store says now.
      if (batch === undefined) {
        return;
      }
      if (attempt.status === 'rejected') {
        this.pending.failed(
          attempts
            .slice(index)
            .map((other) =>
              other.status === 'rejected' ? other.reason : undefined,
            ),
        );
        throw this.failed(attempt.reason);
      }
      this.pending.confirmHead();
      this.succeeded(batch, attempt.value);
    }
  }

  private failed(cause: unknown): Error {
    const error =
      cause instanceof StoreUnavailableError
        ? cause
        : new StoreUnavailableError('take a batch', cause);
    this.consecutiveFailures += 1;
    this.failedAt = this.clock.monotonic();
    this.counters.failedAttempts += 1;
    this.losses.storeFailed(error);
    return error;
  }

  private succeeded(batch: QueuedBatch, answer: AppendedBatch): void {
    this.consecutiveFailures = 0;
    this.counters.batches += 1;
    const listener = batch.wantsSessionIds
      ? this.findStoredListener()
      : undefined;
    const rejectedBefore = this.counters.droppedBy.rejected;
    const stored = this.outcomes.confirm(batch, answer);
    // When all are counted: a listener may record something itself, for which there is room then.
    for (const [exchange, sessionId] of stored) {
      if (exchange.sampling !== 'left_out') {
        listener?.(exchange, sessionId);
      }
    }
    if (this.counters.droppedBy.rejected > rejectedBefore) {
      this.losses.rejected();
    }
    this.losses.storeSucceeded();
    // At half, because a queue kept at its limit would start and end a loss with every batch.
    if (this.counters.queued <= this.policy.maxQueue / 2) {
      this.losses.lossEnded();
    }
  }

  /**
   * Not while the store fails: then the queue fills up, and the oldest are to be dropped one by one. Nor where
   * somebody has to be told of an exchange, which must be there for that.
   */
  private packsAhead(): boolean {
    const { maxBatch, maxQueue } = this.policy;
    return (
      this.storeAvailable &&
      maxBatch >= RECORDS_PER_BATCH &&
      maxQueue * LARGEST_SHARE_DROPPED >= RECORDS_PER_BATCH &&
      !this.outcomes.isAwaited &&
      this.findStoredListener() === undefined
    );
  }

  private dropOverflow(): void {
    for (
      let limit = this.exceededLimit();
      limit !== undefined;
      limit = this.exceededLimit()
    ) {
      const oldest = this.pending.dropOldest();
      if (oldest === undefined) {
        return;
      }
      this.losses.queueOverflows(limit);
      this.outcomes.drop(oldest, 'queue_full');
    }
  }

  /** Undefined where the queue holds no more than it may. */
  private exceededLimit(): string | undefined {
    const { maxQueue } = this.policy;
    if (this.counters.queued > maxQueue) {
      return `flush.maxQueue ${maxQueue}`;
    }
    return this.pending.bytes > MAX_QUEUE_BYTES ? '64 MiB' : undefined;
  }

  private dropEverything(): void {
    const droppedBefore = this.counters.dropped;
    for (const givenUp of this.pending.takeAll()) {
      this.outcomes.drop(givenUp, 'shutdown');
    }
    this.losses.shutDown(this.counters.dropped - droppedBefore);
  }

  private backOffMs(): number {
    return Math.min(
      this.policy.intervalMs * 2 ** Math.min(this.consecutiveFailures, 16),
      LONGEST_BACK_OFF_MS,
    );
  }
}
