import * as fc from 'fast-check';

/** Any text at all: controls, emoji, halves of surrogate pairs. */
export function anyText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.constantFrom(0x2028, 0x2029, 0xd83e, 0xdd8a, 0xfeff, 0xfffd),
    fc.integer({ min: 0, max: 0xffff }),
  );
  return fc
    .array(unit, { maxLength })
    .map((units) => String.fromCharCode(...units));
}
