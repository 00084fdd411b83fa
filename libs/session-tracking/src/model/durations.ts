/** Milliseconds with the two decimals that records carry. */
export function roundMilliseconds(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100;
}

/** Unix time in seconds with milliseconds as the fraction, from Unix time in milliseconds. */
export function toUnixSeconds(unixMilliseconds: number): number {
  return Math.round(unixMilliseconds) / 1000;
}
