import type { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import type { Clock } from './clock.js';
import type { TrackingCounters } from './tracking-counters.js';
import type { TrackingLog } from './tracking-log.js';

/** Least time between two lines about records that the store rejected, in milliseconds. */
const REJECTION_QUIET_MS = 60_000;

/** Tells the operator about outages and lost records: a line when one starts, a line when it ends. */
export class LossLog {
  private readonly log: TrackingLog;
  private outageSince: number | undefined;
  private droppedBeforeLoss: number | undefined;
  private rejectionLoggedAt = Number.NEGATIVE_INFINITY;
  /** How many rejected records the latest line told of. */
  private rejectionsTold = 0;

  constructor(
    log: TrackingLog,
    private readonly counters: TrackingCounters,
    private readonly clock: Clock,
  ) {
    this.log = guard(log);
  }

  /** The error's message is printable and bounded, whatever Redis said. */
  storeFailed(error: StoreUnavailableError): void {
    if (this.outageSince === undefined) {
      this.outageSince = this.clock.monotonic();
      this.log.warn(
        `${error.message} Requests are answered as usual; records wait in memory and are retried.`,
      );
    }
  }

  storeSucceeded(): void {
    if (this.outageSince !== undefined) {
      const seconds = (this.clock.monotonic() - this.outageSince) / 1000;
      this.outageSince = undefined;
      this.log.log(
        `The session store is available again after ${seconds.toFixed(1)} s.`,
      );
    }
  }

  /**
   * To be called before the drop is counted.
   *
   * @param limit that was reached, in words
   */
  queueOverflows(limit: string): void {
    if (this.droppedBeforeLoss === undefined) {
      this.droppedBeforeLoss = this.counters.droppedBy.queue_full;
      this.log.error(
        `Records are being lost: the queue is full (${limit}) and the oldest are dropped.`,
      );
    }
  }

  lossEnded(): void {
    if (this.droppedBeforeLoss !== undefined) {
      this.log.warn(
        `Records are stored again; ${this.endOverflow()} were lost.`,
      );
    }
  }

  rejected(): void {
    const now = this.clock.monotonic();
    if (now - this.rejectionLoggedAt >= REJECTION_QUIET_MS) {
      this.rejectionLoggedAt = now;
      this.rejectionsTold = this.counters.droppedBy.rejected;
      this.log.error(
        `A session's records were dropped because one of its keys holds a foreign type; ${this.rejectionsTold} so far. Use a keyPrefix that nothing else writes under.`,
      );
    }
  }

  shutDown(recordsLeft: number): void {
    const { rejected } = this.counters.droppedBy;
    if (rejected > this.rejectionsTold) {
      this.rejectionsTold = rejected;
      this.log.error(
        `${rejected} records were dropped in all because a key of their session holds a foreign type.`,
      );
    }
    if (recordsLeft === 0) {
      this.lossEnded();
      return;
    }
    const overflowed = this.endOverflow();
    const before =
      overflowed === 0
        ? ''
        : `; ${overflowed} before them, because the queue was full`;
    this.log.error(
      `${recordsLeft} records were lost: the session store did not take them within flush.shutdownMs${before}.`,
    );
  }

  /** Answers how many records the queue had no place for. */
  private endOverflow(): number {
    const { queue_full } = this.counters.droppedBy;
    const lost = queue_full - (this.droppedBeforeLoss ?? queue_full);
    this.droppedBeforeLoss = undefined;
    return lost;
  }
}

/** The host's logger is the host's code: what it throws must not reach the accounting. */
function guard(log: TrackingLog): TrackingLog {
  return {
    log: (message) => attempt(() => log.log(message)),
    warn: (message) => attempt(() => log.warn(message)),
    error: (message) => attempt(() => log.error(message)),
  };
}

function attempt(write: () => void): void {
  try {
    write();
  } catch {
    // There is no other place to say it.
  }
}
