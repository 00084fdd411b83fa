import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than the millisecond in which an erasure happened; a timer may come a little early. */
const LATER_MS = 2;

/**
 * Waits until whatever arrives has a later time than what arrived so far: records tell the time in
 * milliseconds, and what arrived in the very millisecond of an erasure is erased with the rest.
 */
export function laterArrivals(): Promise<void> {
  return sleep(LATER_MS);
}
