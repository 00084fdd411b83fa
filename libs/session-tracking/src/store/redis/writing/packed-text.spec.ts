import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { json, s1, s2, toBytes, u1, u2, u4, u8, utf8 } from './packed-text.js';

const anyText = fc.string({ unit: 'binary', maxLength: 20_000 });

describe('packed text', () => {
  it('holds numbers with the highest byte first', () => {
    const packed = u1(255) + u2(7) + u2(0x0102) + u4(0x01020304);
    expect([...toBytes(packed + u8(0x01_02_03_04_05_06))]).toEqual([
      255, 0, 7, 1, 2, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4, 5, 6,
    ]);
  });

  it('holds texts after the numbers of their bytes', () => {
    const packed = s1('a') + s2(utf8('é')) + s2('x'.repeat(0x0102));
    expect([...toBytes(packed).subarray(0, 9)]).toEqual([
      1, 97, 0, 2, 0xc3, 0xa9, 1, 2, 120,
    ]);
  });

  it('holds any text in UTF-8, one character for each byte', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const packed = utf8(text);
        expect(toBytes(packed)).toEqual(Buffer.from(text));
        expect(packed.length).toBe(Buffer.byteLength(text));
      }),
    );
  });

  it('holds JSON as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json()), (text) => {
        const packed = json(text);
        expect(`"${toBytes(packed).toString()}"`).toBe(JSON.stringify(text));
        expect(packed.length).toBe(toBytes(packed).length);
      }),
    );
  });

  it.each<[string, () => string, RegExp]>([
    ['a number too large', () => u1(256), /256 .* at most 255/],
    ['a larger one', () => u2(65_536), /65536 .* at most 65535/],
    ['a negative number', () => u2(-1), /-1 .* at most 65535/],
    ['a part of a number', () => u2(1.5), /1.5/],
    [
      'one too large for eight bytes',
      () => u8(2 ** 64),
      /18446744073709552000 /,
    ],
    ['no number', () => u4(Number.NaN), /NaN/],
    ['an endless number', () => u8(Infinity), /Infinity/],
    ['a text too long', () => s1('x'.repeat(256)), /256 .* 255/],
  ])('refuses %s', (_, pack, message) => {
    expect(pack).toThrow(message);
  });
});
