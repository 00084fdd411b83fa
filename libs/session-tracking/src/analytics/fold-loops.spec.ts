import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldLoops } from './fold-loops.js';

const fold = (steps: string): string => foldLoops(steps.split('')).join('');

describe('folding loops', () => {
  it.each([
    ['', ''],
    ['A', 'A'],
    ['AAAA', 'A'],
    ['ABAB', 'AB'],
    ['ABABAB', 'AB'],
    ['ABCABCABC', 'ABC'],
    ['AABAAB', 'AB'],
    ['ABABCABABC', 'ABC'],
    ['ABCDEFABCDEF', 'ABCDEF'],
    ['ABCB', 'ABCB'],
    ['ABA', 'ABA'],
    ['ABABA', 'ABA'],
    ['ABCDBCDE', 'ABCDE'],
    ['XABABY', 'XABY'],
  ])('makes %s to %s', (steps, folded) => {
    expect(fold(steps)).toBe(folded);
  });

  it('keeps what goes round in more than six steps', () => {
    expect(fold('ABCDEFGABCDEFG')).toBe('ABCDEFGABCDEFG');
  });

  it('leaves nothing that repeats at once, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('A', 'B', 'C'), { maxLength: 60 }),
        (steps) => {
          const folded = fold(steps.join(''));
          expect(folded).not.toMatch(/(.{1,6})\1/);
          expect(new Set(folded)).toEqual(new Set(steps));
          expect(folded.at(0)).toBe(steps[0]);
          expect(folded.at(-1)).toBe(steps.at(-1));
        },
      ),
    );
  });
});
