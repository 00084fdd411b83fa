import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { totalsOf } from '../../testing/totals-by-hand.js';
import {
  addRequestTotals,
  emptyRequestTotals,
} from '../model/totals/request-totals.js';
import { durationPercentiles } from './duration-percentiles.js';

const PERCENTS = [1, 50, 95, 99, 100];

describe('percentiles of durations', () => {
  it('are 0 where nothing was counted', () => {
    expect(durationPercentiles(emptyRequestTotals(), [50, 99])).toEqual([0, 0]);
  });

  it('are never above the longest', () => {
    expect(
      durationPercentiles(totalsOf([100.01]), [50])[0],
    ).toBeLessThanOrEqual(100.01);
    expect(durationPercentiles(totalsOf([0, 0]), [95])).toEqual([0]);
  });

  it('are within 2 % of the nearest rank, however the totals were put together', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1 }),
        fc.nat(),
        (hundredths, cut) => {
          const durations = hundredths.map((each) => each / 100);
          const middle = cut % durations.length;
          const sum = totalsOf(durations.slice(0, middle));
          addRequestTotals(sum, totalsOf(durations.slice(middle)));
          const sorted = durations.toSorted((a, b) => a - b);
          const found = durationPercentiles(sum, PERCENTS);
          for (const [index, percent] of PERCENTS.entries()) {
            const needed = (percent * sorted.length) / 100;
            const exact = sorted.find((_, rank) => rank + 1 >= needed) ?? 0;
            expect(
              Math.abs((found[index] ?? 0) - exact) / exact,
            ).toBeLessThanOrEqual(0.02);
          }
        },
      ),
    );
  });
});
