import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import { acceptRequestId } from './request-id.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('a request id', () => {
  it.each([
    'a',
    '0',
    '550e8400-e29b-41d4-a716-446655440000',
    'trace:1.2_3-4',
    'x'.repeat(128),
    '__proto__',
  ])('is kept: %s', (incoming) => {
    expect(acceptRequestId(incoming)).toBe(incoming);
  });

  it.each([
    undefined,
    '',
    ' ',
    'a b',
    'x'.repeat(129),
    'a\n',
    '\na',
    'a;b',
    'a/b',
    'a,b',
    '{a}',
    '"a"',
    'é',
    '🦊',
    ['a'],
    ['a', 'b'],
  ])('is made anew: %j', (incoming) => {
    const made = acceptRequestId(incoming);
    expect(made).toMatch(UUID);
    expect(acceptRequestId(incoming)).not.toBe(made);
  });

  it('is always of the characters and length promised', () => {
    fc.assert(
      fc.property(anyText(200), (incoming) => {
        expect(acceptRequestId(incoming)).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
      }),
    );
  });
});
