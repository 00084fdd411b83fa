import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { foldEach } from './fold-each.js';

/** A promise that a test settles. */
class Pending {
  resolve: (answer: string) => void = String;
  readonly promise = new Promise<string>((resolve) => {
    this.resolve = resolve;
  });
}

describe('folding answers', () => {
  it('takes them in order, whichever comes first', async () => {
    const first = new Pending();
    const folded: [string, number][] = [];
    const done = foldEach(
      [first.promise, Promise.resolve('second')],
      (answer, index) => {
        folded.push([answer, index]);
      },
    );
    await setImmediate();
    expect(folded).toEqual([]);
    first.resolve('first');
    await done;
    expect(folded).toEqual([
      ['first', 0],
      ['second', 1],
    ]);
  });

  it('takes each as soon as it and those before are there', async () => {
    const never = new Promise<string>(() => undefined);
    const folded: string[] = [];
    void foldEach([Promise.resolve('first'), never], (answer) => {
      folded.push(answer);
    });
    await setImmediate();
    expect(folded).toEqual(['first']);
  });

  it('fails as the answer fails, also one that fails before its turn', async () => {
    const first = new Pending();
    const done = foldEach(
      [first.promise, Promise.reject(new Error('away'))],
      () => undefined,
    );
    await setImmediate();
    first.resolve('first');
    await expect(done).rejects.toThrow('away');
  });

  it('lets other work in between', async () => {
    let turns = 0;
    const state = { folding: true };
    const done = foldEach(
      Array.from({ length: 10 }, () => Promise.resolve()),
      () => {
        const until = performance.now() + 6;
        while (performance.now() < until);
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
