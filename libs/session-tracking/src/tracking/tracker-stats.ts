/** Counted since the start of this process; read in one step, so that the figures fit together. */
export interface TrackerStats {
  /** Records taken in. Always `stored + dropped + queued`. */
  accepted: number;
  /** Records that the store confirmed. */
  stored: number;
  /** Records given up, for any reason. */
  dropped: number;
  /** Records waiting or on their way. */
  queued: number;
  /** Part of `dropped`: the queue was full. */
  droppedQueueFull: number;
  /** Part of `dropped`: a key of the session holds a foreign type. */
  droppedRejected: number;
  /** Part of `dropped`: their client was erased after they had arrived. */
  droppedErased: number;
  /** Part of `dropped`: still queued when the application had to go. */
  droppedShutdown: number;
  /** Estimated memory of the queued records, in bytes. */
  queuedBytes: number;
  /** Batches that the store confirmed. */
  batches: number;
  /** Attempts to store a batch that failed; each was retried. */
  failedAttempts: number;
  /** Throwing callbacks of the host: `identifyUser`, `clientIp`, redactors, getters of `req.user`, subscribers. */
  callbackErrors: number;
  /** Requests whose route found no place in the totals and was counted as `other`. */
  cappedRoutes: number;
  /** Requests whose client found no place among the busiest and was counted as `other`. */
  cappedClients: number;
  /** Sessions that went before their time because there were too many, or too many of one user or address. */
  cappedSessions: number;
  /** Whether the latest attempt to reach the store succeeded. */
  storeAvailable: boolean;
  /** Which store is in use. */
  store: 'memory' | 'redis';
}
