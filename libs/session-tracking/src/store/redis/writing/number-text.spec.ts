import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText, timeText } from './number-text.js';

const milliseconds = fc.integer({ min: 0, max: 99_999_999_999_999 });

describe('the text of a number', () => {
  it('is that of JSON, of any time and duration that a record holds', () => {
    fc.assert(
      fc.property(milliseconds, (unix) => {
        expect(timeText(unix / 1000)).toBe(JSON.stringify(unix / 1000));
        expect(durationText(unix / 100)).toBe(JSON.stringify(unix / 100));
      }),
    );
  });

  it('is that of JSON, of any other number', () => {
    fc.assert(
      fc.property(
        fc.double({ noDefaultInfinity: true, noNaN: true }),
        (number) => {
          expect(timeText(number)).toBe(JSON.stringify(number));
          expect(durationText(number)).toBe(JSON.stringify(number));
        },
      ),
    );
  });

  it('is the shortest, of a number so large that several decimals stand for it', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 2 ** 40, max: 2 ** 48, noNaN: true }),
        (number) => {
          expect(timeText(number)).toBe(JSON.stringify(number));
          expect(durationText(number)).toBe(JSON.stringify(number));
        },
      ),
      { numRuns: 2000 },
    );
    expect(timeText(39_269_790_466_977.65)).toBe('39269790466977.65');
  });

  it('is known for every ending', () => {
    for (let part = 0; part < 1000; part += 1) {
      expect(timeText(part / 1000)).toBe(String(part / 1000));
      expect(durationText(part / 100)).toBe(String(part / 100));
    }
  });
});
