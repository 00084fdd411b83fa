import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedBytes } from './packed-bytes.js';

const anyText = fc.string({ unit: 'binary', maxLength: 40_000 });

describe('packed bytes', () => {
  it('hold numbers with the highest byte first', () => {
    const packed = new PackedBytes().u1(255).u2(258).u8(0x01_02_03_04_05_06);
    expect([...packed.toBuffer()]).toEqual([255, 1, 2, 0, 0, 1, 2, 3, 4, 5, 6]);
  });

  it('hold texts in UTF-8, after their lengths', () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const packed = new PackedBytes();
        for (const text of texts) {
          packed.begin(4).text(text).end();
        }
        const bytes = packed.toBuffer();
        let at = 0;
        for (const text of texts) {
          const length = bytes.readUInt32BE(at);
          at += 4;
          expect(bytes.subarray(at, at + length)).toEqual(Buffer.from(text));
          at += length;
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });

  it('hold JSON as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json()), (text) => {
        const packed = new PackedBytes().text('"').json(text).text('"');
        expect(packed.toBuffer().toString()).toBe(JSON.stringify(text));
      }),
    );
  });

  it('hold parts within parts', () => {
    const packed = new PackedBytes();
    packed.begin(4).u1(7).begin(2).s1('é').end().end().s2('b');
    expect([...packed.toBuffer()]).toEqual([
      0, 0, 0, 6, 7, 0, 3, 2, 0xc3, 0xa9, 0, 1, 98,
    ]);
  });

  it.each<[string, (packed: PackedBytes) => void, RegExp]>([
    ['a number too large', (packed) => packed.u1(256), /256 .* at most 255/],
    ['a negative number', (packed) => packed.u2(-1), /-1 .* at most 65535/],
    ['no number', (packed) => packed.u2(Number.NaN), /NaN/],
    ['an endless number', (packed) => packed.u8(Infinity), /Infinity/],
    ['a text too long', (packed) => packed.s1('é'.repeat(128)), /256 .* 255/],
    ['the end of no part', (packed) => packed.end(), /no part/],
  ])('refuse %s', (_, pack, message) => {
    expect(() => pack(new PackedBytes())).toThrow(message);
  });
});
