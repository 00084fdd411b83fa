/** The latest moment that is recorded or asked for, in Unix time in seconds. */
export const LATEST_UNIX_TIME = 99_999_999_999;

/** Milliseconds with the two decimals that records carry. */
export function roundMilliseconds(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

/** Unix time in seconds with milliseconds as the fraction, from Unix time in milliseconds. */
export function toUnixSeconds(unixMilliseconds: number): number {
  return Math.round(unixMilliseconds) / 1000;
}

/**
 * Whole microseconds, so that adding stays exact. What is no duration counts as none, so that one odd
 * record cannot spoil a sum.
 */
export function toMicroseconds(milliseconds: number): number {
  const microseconds = Math.round(milliseconds * 1000);
  return Number.isSafeInteger(microseconds) && microseconds > 0
    ? microseconds
    : 0;
}
