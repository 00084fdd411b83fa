/** Metadata key under which a controller or handler says that its requests are not recorded. */
export const SKIP_TRACKING = 'session-tracking:skip';
