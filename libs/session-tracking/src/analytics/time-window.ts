import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { ceilTo, floorTo } from '../model/totals/time-slot.js';
import { DURATION_TAKES, parseDuration } from './duration-text.js';
import { checkUnixTime } from './query-checks.js';

/** The stretch of time that a question is about: a window that ends now, or explicit ends. */
export interface WindowQuery {
  /** A number followed by s, m, h or d: `90s`, `5m`, `1h`, `24h`, `7d`. */
  window?: string | undefined;
  /** Unix time in seconds; instead of `window`. */
  since?: number | undefined;
  /** Unix time in seconds; instead of `window`. Default: now. */
  until?: number | undefined;
}

/** A stretch of time as it was asked for. */
export interface AskedWindow {
  readonly since: number;
  /** Never later than now. */
  readonly until: number;
  /** The parameter that says where it begins, to be named when it begins too early. */
  readonly field: 'window' | 'since' | 'until';
}

/** @throws InvalidQueryError when a parameter is wrong, or they contradict each other */
export function readWindow(
  { window, since, until }: WindowQuery,
  defaultSeconds: number,
  now: number,
): AskedWindow {
  checkUnixTime('since', since);
  checkUnixTime('until', until);
  if (window !== undefined && (since ?? until) !== undefined) {
    throw new InvalidQueryError(
      'window',
      'must not stand beside since or until: it ends now',
    );
  }
  const seconds = window === undefined ? defaultSeconds : parseDuration(window);
  if (seconds === undefined) {
    throw new InvalidQueryError('window', DURATION_TAKES, window);
  }
  const end = Math.min(until ?? now, now);
  const begin = since ?? end - seconds;
  if (begin >= end) {
    throw new InvalidQueryError('since', 'must be before until and before now');
  }
  const field = since === undefined ? 'until' : 'since';
  return {
    since: begin,
    until: end,
    field: (since ?? until) === undefined ? 'window' : field,
  };
}

/**
 * Widens a window to whole steps at both ends, so that nothing that was asked for is left out, except
 * what lies before the earliest moment that is kept whole.
 */
export function alignWindow(
  asked: AskedWindow,
  earliest: number,
  stepAtBegin: number,
  stepAtEnd: number = stepAtBegin,
): { since: number; until: number } {
  const since = Math.max(floorTo(asked.since, stepAtBegin), earliest);
  return { since, until: Math.max(ceilTo(asked.until, stepAtEnd), since) };
}
