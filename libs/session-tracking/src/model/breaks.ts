import { setImmediate } from 'node:timers/promises';

/** Longest time in milliseconds that a loop goes on without letting other work in. */
const LONGEST_STRETCH_MS = 5;

/** Breaks of a long loop, so that no answer holds up the requests of the application. */
export class Breaks {
  private lastAt = performance.now();

  /** To be awaited in each round; takes a break when one is due. */
  async take(): Promise<void> {
    if (performance.now() - this.lastAt > LONGEST_STRETCH_MS) {
      await setImmediate();
      this.lastAt = performance.now();
    }
  }
}
