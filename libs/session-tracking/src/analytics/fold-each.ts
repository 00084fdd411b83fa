import { setImmediate } from 'node:timers/promises';

/** Longest time in milliseconds that a loop goes on without letting other work in. */
const LONGEST_STRETCH_MS = 5;

/**
 * How many answers are awaited at once: enough to keep the store busy, few enough that they do not
 * all arrive in one stretch of work.
 */
const AHEAD = 8;

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
 * Asks about each item, a few ahead of what is folded, and hands the answers on in order.
 *
 * @throws what the first question that failed was rejected with
 */
export async function foldEach<T, Answer>(
  items: readonly T[],
  ask: (item: T) => Promise<Answer>,
  fold: (answer: Answer, item: T) => void,
): Promise<void> {
  const asked: { item: T; answer: Promise<Answer> }[] = [];
  const breaks = new Breaks();
  const foldFirst = async (): Promise<void> => {
    const first = asked.shift();
    if (first !== undefined) {
      fold(await first.answer, first.item);
      await breaks.take();
    }
  };
  for (const item of items) {
    if (asked.length === AHEAD) {
      await foldFirst();
    }
    const answer = ask(item);
    // One that fails before its turn would else be an unhandled rejection, which ends the process.
    answer.catch(() => undefined);
    asked.push({ item, answer });
  }
  while (asked.length > 0) {
    await foldFirst();
  }
}
