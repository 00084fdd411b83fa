import type { Clock } from './clock.js';

/**
 * What a promise says, or false when the time is up first; without one it only waits. Somebody waits for the
 * answer, so the process does not end before.
 *
 * @param limitMs in milliseconds
 */
export function within(
  clock: Clock,
  limitMs: number,
  promise?: Promise<boolean>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.schedule(() => resolve(false), limitMs);
    timer.keepAlive();
    void promise?.then((value) => {
      timer.cancel();
      resolve(value);
    });
  });
}
