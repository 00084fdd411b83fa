import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ceilTo,
  clientSlotLength,
  floorTo,
  SLOT_LENGTHS,
  slotAt,
  slotName,
  slotOfName,
  slotsBetween,
} from './time-slot.js';

describe('the slots between two moments', () => {
  it('are the fewest that make them up', () => {
    expect(
      slotsBetween(3540, 7560, SLOT_LENGTHS).map(({ start, length }) => [
        start,
        length,
      ]),
    ).toEqual([
      [3540, 60],
      [3600, 3600],
      [7200, 300],
      [7500, 60],
    ]);
  });

  it('are only of the lengths allowed', () => {
    expect(slotsBetween(3600, 10_800, [3600])).toHaveLength(2);
    expect(slotsBetween(3600, 7200, [60])).toHaveLength(60);
  });

  it('are none between a moment and itself', () => {
    expect(slotsBetween(3600, 3600, SLOT_LENGTHS)).toEqual([]);
  });

  it('do not exist between moments that are not aligned', () => {
    expect(() => slotsBetween(3600, 3700, SLOT_LENGTHS)).toThrow(RangeError);
  });

  it('cover every second once, in order', () => {
    fc.assert(
      fc.property(fc.nat(3000), fc.nat(300), (start, minutes) => {
        const since = start * 60;
        const until = since + minutes * 60;
        let reached = since;
        for (const slot of slotsBetween(since, until, SLOT_LENGTHS)) {
          expect(slot.start).toBe(reached);
          expect(slot.start % slot.length).toBe(0);
          reached += slot.length;
        }
        expect(reached).toBe(until);
      }),
    );
  });
});

it('rounds to multiples, down and up', () => {
  expect([floorTo(59.9, 60), floorTo(60, 60)]).toEqual([0, 60]);
  expect([ceilTo(60, 60), ceilTo(60.1, 60)]).toEqual([60, 120]);
});

describe('a slot of time', () => {
  it('is the one of its length in which a moment lies', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 99_999_999_999, noNaN: true }),
        fc.constantFrom(...SLOT_LENGTHS),
        (moment, length) => {
          const slot = slotAt(moment, length);
          expect(slot.length).toBe(length);
          expect(slot.start % length).toBe(0);
          expect(moment).toBeGreaterThanOrEqual(slot.start);
          expect(moment).toBeLessThan(slot.start + length);
        },
      ),
    );
  });

  it('has a name that says all about it', () => {
    const slot = slotAt(1_764_000_123, 300);
    expect(slotName(slot)).toBe('300:1764000000');
    expect(slotOfName(slotName(slot))).toEqual(slot);
  });

  it.each(['', '300', '300:', '301:0', '300:x', '300:1e400', ':0'])(
    'is not what %j names',
    (name) => {
      expect(slotOfName(name)).toBeUndefined();
    },
  );

  it('is aligned to the hours of UTC', () => {
    const moment = Date.parse('2026-03-29T02:59:59.999Z') / 1000;
    const start = (length: (typeof SLOT_LENGTHS)[number]): string =>
      new Date(slotAt(moment, length).start * 1000).toISOString();
    expect(SLOT_LENGTHS.map(start)).toEqual([
      '2026-03-29T02:59:00.000Z',
      '2026-03-29T02:55:00.000Z',
      '2026-03-29T02:00:00.000Z',
    ]);
  });

  it('for clients is five minutes while their data stays for half a day', () => {
    expect([1, 43_200, 43_201, 31_536_000].map(clientSlotLength)).toEqual([
      300, 300, 3600, 3600,
    ]);
  });
});
