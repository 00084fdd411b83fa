import { SessionTrackingError } from './session-tracking.error.js';

/** The `redis` option names a connection that cannot be had. */
export class RedisConnectionError extends SessionTrackingError {}
