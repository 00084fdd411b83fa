import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile } from './percentile.js';

describe('a percentile', () => {
  it('is 0 of nothing', () => {
    expect(percentile([], 50)).toBe(0);
  });

  it.each([
    [50, 50],
    [95, 95],
    [99, 99],
    [100, 100],
    [0, 1],
    [0.5, 1],
    [1.1, 2],
  ])('of 1 to 100 at %d is %d', (percent, expected) => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(percentile(values, percent)).toBe(expected);
  });

  it('of few values is one of them', () => {
    expect(percentile([7], 99)).toBe(7);
    expect(percentile([1, 2], 50)).toBe(1);
    expect(percentile([1, 2], 51)).toBe(2);
    expect(percentile([1, 2, 3], 95)).toBe(3);
  });

  it('is the least value that so many do not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const found = percentile(
            values.toSorted((a, b) => a - b),
            percent,
          );
          const needed = (percent * values.length) / 100;
          const notAbove = (limit: number): number =>
            values.filter((value) => value <= limit).length;
          expect(values).toContain(found);
          expect(notAbove(found)).toBeGreaterThanOrEqual(needed);
          expect(notAbove(found - 1)).toBeLessThan(needed);
        },
      ),
    );
  });
});
