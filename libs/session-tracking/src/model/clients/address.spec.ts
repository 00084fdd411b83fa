import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import { normalizeAddress } from './address.js';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['fe80::1%0', 'fe80::1'],
  ])('%s is stored as %s', (text, stored) => {
    expect(normalizeAddress(text)).toBe(stored);
  });

  it.each([
    '',
    ' ',
    '1',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.1.5',
    '0300.0.2.1',
    '0xc0.0.2.1',
    '3221225985',
    '192.0.2.1:8080',
    '[::1]',
    '[::1]:8080',
    ' 192.0.2.1',
    '192.0.2.1\n',
    '192.0.2.0/24',
    '2001:db8::1::2',
    '2001:db8::12345',
    'unknown',
    'localhost',
    'shop.example',
    '__proto__',
    `::1%${'z'.repeat(100)}`,
    'f'.repeat(10_000),
  ])('is not %j', (text) => {
    expect(normalizeAddress(text)).toBeUndefined();
  });

  it('has one spelling, that stays as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const once = normalizeAddress(text);
        expect(once).toBeDefined();
        expect(normalizeAddress(once ?? '')).toBe(once);
        expect(normalizeAddress(text.toUpperCase())).toBe(once);
        expect(once).toMatch(/^[0-9a-f:.]{2,39}$/);
      }),
    );
  });

  it('is never more than letters, digits, colons and points', () => {
    fc.assert(
      fc.property(anyText(80), (text) => {
        expect(normalizeAddress(text) ?? '::').toMatch(/^[0-9a-f:.]{2,39}$/);
      }),
    );
  });
});
