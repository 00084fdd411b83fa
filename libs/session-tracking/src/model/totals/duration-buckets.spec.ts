import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, durationOf } from './duration-buckets.js';

/** From a microsecond to the longest duration that is recorded, short ones as likely as long ones. */
const duration = fc
  .double({ min: 0, max: Math.log(1e13), noNaN: true })
  .map((exponent) => Math.max(1, Math.round(Math.exp(exponent))));

/** The value below which a share of the sorted values lies, by counting. */
function nearestRank(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

describe('the buckets of durations', () => {
  it('stand for every duration within 2 %', () => {
    fc.assert(
      fc.property(duration, (microseconds) => {
        const estimate = durationOf(bucketOf(microseconds));
        expect(Math.abs(estimate / microseconds - 1)).toBeLessThanOrEqual(0.02);
      }),
      { numRuns: 2000 },
    );
  });

  it('keep the order of durations', () => {
    fc.assert(
      fc.property(duration, duration, (a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(bucketOf(less)).toBeLessThanOrEqual(bucketOf(more));
      }),
      { numRuns: 1000 },
    );
  });

  it('tell any percentile within 2 % of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(duration, { minLength: 1, maxLength: 300 }),
        fc.constantFrom(0.5, 0.9, 0.95, 0.99, 1),
        (durations, share) => {
          const exact = nearestRank(
            durations.toSorted((a, b) => a - b),
            share,
          );
          const buckets = durations.map(bucketOf).toSorted((a, b) => a - b);
          const estimate = durationOf(nearestRank(buckets, share));
          expect(Math.abs(estimate / exact - 1)).toBeLessThanOrEqual(0.02);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('are whole numbers, and few', () => {
    expect([0, 0.4, 1, 1e13].map(bucketOf).every(Number.isInteger)).toBe(true);
    expect(bucketOf(0)).toBe(0);
    expect(bucketOf(1e13) - bucketOf(1)).toBeLessThan(1000);
  });
});
