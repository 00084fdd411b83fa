import { describe, expect, it } from 'vitest';
import { parseRecords } from './record-json.js';

describe('parseRecords', () => {
  it('reads records in order', () => {
    expect(parseRecords(['{"a":1}', '{"a":2}'])).toEqual([{ a: 1 }, { a: 2 }]);
    expect(parseRecords([])).toEqual([]);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['nothing', ''],
    ['half a record', '{"a":'],
    ['a number', '7'],
    ['null', 'null'],
    ['two records in one text', '{"b":1},{"b":2}'],
  ])('passes over %s', (_, foreign) => {
    expect(parseRecords(['{"a":1}', foreign, '{"a":2}'])).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
  });
});
