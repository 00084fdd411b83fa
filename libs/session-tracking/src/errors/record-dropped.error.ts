import { SessionTrackingError } from './session-tracking.error.js';

/** Why a record was not stored. */
export type DropReason = 'queue_full' | 'rejected' | 'erased' | 'shutdown';

const EXPLANATIONS: Readonly<Record<DropReason, string>> = {
  queue_full:
    'the queue was full; raise flush.maxQueue or find out why the store is slow or away (SessionTracker.stats())',
  rejected:
    'a key of its session holds another type than this package writes; delete that key or choose another keyPrefix',
  erased: 'its client was erased after it had arrived; nothing is to be done',
  shutdown:
    'the application shut down before the store took it; raise flush.shutdownMs or check the store',
};

/** Rejects `recordRequest` and `recordResponse` when their record is given up. */
export class RecordDroppedError extends SessionTrackingError {
  constructor(readonly reason: DropReason) {
    super(`The record was dropped: ${EXPLANATIONS[reason]}.`);
  }
}
