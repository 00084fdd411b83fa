import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../testing/any-text.js';
import { isPrintable, quoteVisibly } from './printable.js';

describe('a text in quotes for a log line', () => {
  it.each([
    ['admin', '"admin"'],
    ['a"b\\c', String.raw`"a\"b\\c"`],
    ['line\nbreak', String.raw`"line\nbreak"`],
    ['nimda\u202e', String.raw`"nimda\u{202e}"`],
    ['ad\u200bmin', String.raw`"ad\u{200b}min"`],
    ['soft\u00adhyphen', String.raw`"soft\u{00ad}hyphen"`],
    ['tag\u{e0041}', String.raw`"tag\u{e0041}"`],
    ['👩\u200d🚀', String.raw`"👩\u{200d}🚀"`],
    ['', '""'],
  ])('%j is %s', (text, quoted) => {
    expect(quoteVisibly(text)).toBe(quoted);
  });

  it('shows every format character, and is another for another text', () => {
    fc.assert(
      fc.property(anyText(40), anyText(40), (one, other) => {
        expect(quoteVisibly(one)).not.toMatch(/\p{Cf}/u);
        expect(quoteVisibly(one) === quoteVisibly(other)).toBe(one === other);
      }),
    );
  });

  it('is no reason for a user id to be hashed', () => {
    expect(isPrintable('👩\u200d🚀')).toBe(true);
  });
});
