import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { keepBusy } from '../../testing/keep-busy.js';
import { breakWhenDue } from './break-when-due.js';

const ROUNDS = 12;

/** A long loop, each round of which takes two milliseconds or more. */
async function loop(countRound: () => void): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    keepBusy(2);
    countRound();
    await breakWhenDue();
  }
}

it('lets other work in as often with several loops as with one', async () => {
  let rounds = 0;
  const countRound = (): void => {
    rounds += 1;
  };
  const loops = [loop(countRound), loop(countRound), loop(countRound)];
  let turnsWithRounds = 0;
  for (let before = 0; rounds < loops.length * ROUNDS; before = rounds) {
    await setImmediate();
    turnsWithRounds += rounds > before ? 1 : 0;
  }
  await Promise.all(loops);
  // Three rounds fill a stretch, and the other loops finish the round that they are in; if each had a
  // stretch of its own, all would be done in four turns.
  expect(turnsWithRounds).toBeGreaterThan(5);
});
