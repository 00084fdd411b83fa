import { describe, expect, it } from 'vitest';
import { DistinctCount } from './distinct-count.js';

function countOf(from: number, to: number): DistinctCount {
  const count = new DistinctCount();
  for (let index = from; index < to; index += 1) {
    count.add(`name-${index}`);
  }
  return count;
}

describe('counting different names', () => {
  it('is exact while they are few', () => {
    const count = countOf(0, 5000);
    count.addAll(countOf(2500, 7500));
    count.add('name-1');
    expect(count.estimate).toBe(7500);
    expect(new DistinctCount().estimate).toBe(0);
  });

  it.each([40_000, 100_000, 250_000])(
    'is right within 2 %% when they are %i',
    (names) => {
      expect(
        Math.abs(countOf(0, names).estimate / names - 1),
      ).toBeLessThanOrEqual(0.02);
    },
  );

  it('adds counts of any size in any order', () => {
    const [few, many] = [countOf(0, 2000), countOf(1000, 100_000)];
    const [one, other] = [new DistinctCount(), new DistinctCount()];
    one.addAll(few);
    one.addAll(many);
    other.addAll(many);
    other.addAll(few);
    expect(one.estimate).toBe(other.estimate);
    expect(Math.abs(one.estimate / 100_000 - 1)).toBeLessThanOrEqual(0.02);
  });
});
