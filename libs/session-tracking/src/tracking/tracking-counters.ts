import type { DropReason } from '../errors/record-dropped.error.js';

/** The running totals behind `SessionTracker.stats()`. */
export class TrackingCounters {
  accepted = 0;
  stored = 0;
  batches = 0;
  failedAttempts = 0;
  callbackErrors = 0;
  readonly droppedBy: Record<DropReason, number> = {
    queue_full: 0,
    rejected: 0,
    erased: 0,
    shutdown: 0,
  };

  get dropped(): number {
    const { queue_full, rejected, erased, shutdown } = this.droppedBy;
    return queue_full + rejected + erased + shutdown;
  }

  /** Follows from the others, so that the sum holds at every instant. */
  get queued(): number {
    return this.accepted - this.stored - this.dropped;
  }
}
