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

/**
 * Hands on answers that were all asked for at once, in order, each as it arrives.
 *
 * @throws what the first of them that failed was rejected with
 */
export async function foldEach<T>(
  answers: readonly Promise<T>[],
  fold: (answer: T, index: number) => void,
): Promise<void> {
  // One that fails before its turn would else be an unhandled rejection, which ends the process.
  void Promise.allSettled(answers);
  const breaks = new Breaks();
  for (const [index, answer] of answers.entries()) {
    fold(await answer, index);
    await breaks.take();
  }
}
