import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../testing/any-text.js';
import { quoteVisibly } from './quote-visibly.js';

describe('a text in quotes for a log line', () => {
  it.each([
    ['admin', '"admin"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ['line\nbreak', String.raw`"line\nbreak"`],
    ['nimda\u202e', String.raw`"nimda\u{202e}"`],
    ['ad\u200bmin', String.raw`"ad\u{200b}min"`],
    ['soft\u00adhyphen', String.raw`"soft\u{00ad}hyphen"`],
    ['tag\u{e0041}', String.raw`"tag\u{e0041}"`],
    ['\u009b2J\u007f', String.raw`"\u{009b}2J\u{007f}"`],
    ['a\u2028b', String.raw`"a\u{2028}b"`],
    ['👩\u200d🚀', String.raw`"👩\u{200d}🚀"`],
    ['', '""'],
  ])('%j is %s', (text, quoted) => {
    expect(quoteVisibly(text)).toBe(quoted);
  });

  it('shows every format and control character, and is another for another text', () => {
    fc.assert(
      fc.property(anyText(40), anyText(40), (one, other) => {
        expect(quoteVisibly(one)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(quoteVisibly(one) === quoteVisibly(other)).toBe(one === other);
      }),
    );
  });
});
