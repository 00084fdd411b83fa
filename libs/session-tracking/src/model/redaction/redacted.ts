/** What stands in a record instead of what was taken out of it. */
export const REDACTED = '[redacted]';
