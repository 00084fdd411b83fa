import { breakWhenDue } from '../model/break-when-due.js';

/**
 * How many questions are asked in one go, while the answers to as many are folded: enough to share
 * calls of the store, few enough that not all answers are held at once.
 */
const TOGETHER = 64;

/**
 * Asks about each item, some ahead of what is folded, and hands the answers on in order.
 *
 * @throws what the first question that failed was rejected with
 */
export function foldEach<T, Answer>(
  items: readonly T[],
  ask: (item: T) => Promise<Answer>,
  fold: (answer: Answer, item: T) => void,
): Promise<void> {
  return foldGroups(groupsOf(items), ask, fold);
}

/** As `foldEach`, of items in groups: all of one are asked about in one go, one group ahead. */
export async function foldGroups<T, Answer>(
  groups: Iterator<readonly T[], undefined>,
  ask: (item: T) => Promise<Answer>,
  fold: (answer: Answer, item: T) => void,
): Promise<void> {
  const askNext = (): { item: T; answer: Promise<Answer> }[] => {
    const { value: group = [] } = groups.next();
    return group.map((item) => {
      const answer = ask(item);
      // One that fails before its turn would else be an unhandled rejection, which ends the process.
      answer.catch(() => undefined);
      return { item, answer };
    });
  };
  let asked = askNext();
  while (asked.length > 0) {
    const next = askNext();
    for (const { item, answer } of asked) {
      fold(await answer, item);
      await breakWhenDue();
    }
    asked = next;
  }
}

function* groupsOf<T>(items: readonly T[]): Generator<readonly T[], undefined> {
  for (let from = 0; from < items.length; from += TOGETHER) {
    yield items.slice(from, from + TOGETHER);
  }
}
