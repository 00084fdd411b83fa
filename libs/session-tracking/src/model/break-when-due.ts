import { setImmediate } from 'node:timers/promises';

/** Longest time in milliseconds without other work coming in. */
const LONGEST_STRETCH_MS = 5;

// Of the process, as the event loop is: loops that each counted their own stretch would hold it up
// one after the other.
let stretchBegan = 0;
let nextTurn: Promise<void> | undefined;

/**
 * To be awaited in each round of a long loop, so that no answer holds up the requests of the
 * application. Takes a break when all such loops together have gone on for long enough.
 */
export async function breakWhenDue(): Promise<void> {
  if (performance.now() - stretchBegan > LONGEST_STRETCH_MS) {
    nextTurn ??= beginTurn();
    await nextTurn;
  }
}

async function beginTurn(): Promise<void> {
  await setImmediate();
  nextTurn = undefined;
  stretchBegan = performance.now();
}
