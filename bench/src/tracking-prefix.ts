/** The key prefix of the variant that is measured in Redis too. */
export const TRACKING_PREFIX = 'tracking';
