import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { topOf } from './top-of.js';

const compare = ([a]: [number, number], [b]: [number, number]) => b - a;

it('is what sorting all and cutting gives, equals in the order in which they came', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(9), fc.nat())),
      fc.integer({ min: 1, max: 12 }),
      (all, limit) => {
        expect(topOf(all, limit, compare)).toEqual(
          all.toSorted(compare).slice(0, limit),
        );
      },
    ),
  );
});
