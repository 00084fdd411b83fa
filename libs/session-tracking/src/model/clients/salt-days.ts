const DAY_SECONDS = 86_400;
const DAY_MS = DAY_SECONDS * 1000;

/** A moment's day in UTC, such as `2026-11-24`. */
export function utcDay(unixMilliseconds: number): string {
  return new Date(unixMilliseconds).toISOString().slice(0, 10);
}

/** The day before a moment's own. */
export function dayBefore(unixMilliseconds: number): string {
  return utcDay(unixMilliseconds - DAY_MS);
}

/** The day after a moment's own. */
export function dayAfter(unixMilliseconds: number): string {
  return utcDay(unixMilliseconds + DAY_MS);
}

/** When a day ends, in milliseconds of Unix time. */
export function endOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) + DAY_MS;
}

/**
 * When the salt of a day goes for good, in seconds of Unix time: as soon as no session can go on that
 * began under it, and a day after its own at the latest.
 */
export function saltExpiry(day: string, maxSessionSeconds: number): number {
  return endOfDay(day) / 1000 + Math.min(maxSessionSeconds, DAY_SECONDS);
}
