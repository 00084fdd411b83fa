import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { keepBusy } from '../../testing/keep-busy.js';
import { foldEach } from './fold-each.js';

/** A promise that a test settles. */
class Pending {
  resolve: (answer: string) => void = String;
  readonly promise = new Promise<string>((resolve) => {
    this.resolve = resolve;
  });
}

const first = 'first';
const second = 'second';

describe('folding answers', () => {
  it('takes them in order, whichever comes first', async () => {
    const pending = new Pending();
    const folded: [string, string][] = [];
    const done = foldEach(
      [first, second],
      (item) => (item === first ? pending.promise : Promise.resolve('b')),
      (answer, item) => {
        folded.push([item, answer]);
      },
    );
    await setImmediate();
    expect(folded).toEqual([]);
    pending.resolve('a');
    await done;
    expect(folded).toEqual([
      [first, 'a'],
      [second, 'b'],
    ]);
  });

  it('takes each as soon as it and those before are there', async () => {
    const pending = new Pending();
    const folded: string[] = [];
    const done = foldEach(
      [first, second],
      (item) => (item === first ? Promise.resolve('a') : pending.promise),
      (answer) => {
        folded.push(answer);
      },
    );
    await setImmediate();
    expect(folded).toEqual(['a']);
    pending.resolve('b');
    await done;
  });

  it('asks some ahead of what it folds, never all at once', async () => {
    let underWay = 0;
    let most = 0;
    await foldEach(
      Array.from({ length: 400 }, (_, index) => index),
      async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        await setImmediate();
        underWay -= 1;
      },
      () => undefined,
    );
    expect(most).toBe(128);
  });

  it('fails as an answer fails, also one that fails before its turn', async () => {
    const pending = new Pending();
    const done = foldEach(
      [first, second],
      (item) =>
        item === first ? pending.promise : Promise.reject(new Error('away')),
      () => undefined,
    );
    await setImmediate();
    pending.resolve('a');
    await expect(done).rejects.toThrow('away');
  });

  it('lets other work in between', async () => {
    let turns = 0;
    const state = { folding: true };
    const done = foldEach(
      Array.from({ length: 10 }, (_, index) => index),
      () => Promise.resolve(),
      () => {
        keepBusy(6);
      },
    ).finally(() => {
      state.folding = false;
    });
    while (state.folding) {
      await setImmediate();
      turns += 1;
    }
    await done;
    expect(turns).toBeGreaterThanOrEqual(10);
  });
});
