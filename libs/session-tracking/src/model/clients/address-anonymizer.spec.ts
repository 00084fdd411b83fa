import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizeAddress } from './address.js';
import { truncatedAddresses, wholeAddresses } from './address-anonymizer.js';

describe('a truncated address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.0'],
    ['203.0.113.0', '203.0.113.0'],
    ['255.255.255.255', '255.255.255.0'],
    ['127.0.0.1', '127.0.0.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
    ['2001:db8::1', '2001:db8::'],
    ['2001:db8:1::', '2001:db8:1::'],
    ['::1', '::'],
    ['fe80::1', 'fe80::'],
    ['::2:3:4:5:6:7', '0:0:2::'],
    ['64:ff9b::cb00:7107', '64:ff9b::'],
    ['2002:cb00:7107::1', '2002:cb00:7100::'],
    ['unknown', 'unknown'],
  ])('%s is %s', (address, stored) => {
    const normalized = normalizeAddress(address) ?? address;
    expect(normalizeAddress(stored) ?? stored).toBe(
      truncatedAddresses.anonymize(normalized),
    );
    expect(truncatedAddresses.former(normalized)).toBeUndefined();
  });

  it('is an address in its one spelling, and stays as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = normalizeAddress(text) ?? '';
        const stored = truncatedAddresses.anonymize(address);
        expect(normalizeAddress(stored)).toBe(stored);
        expect(truncatedAddresses.anonymize(stored)).toBe(stored);
      }),
    );
  });

  it('is the same for all of a network', () => {
    const byte = fc.nat(255);
    fc.assert(
      fc.property(byte, byte, byte, byte, byte, (a, b, c, d, e) => {
        const network = `${a}.${b}.${c}`;
        expect(truncatedAddresses.anonymize(`${network}.${d}`)).toBe(
          truncatedAddresses.anonymize(`${network}.${e}`),
        );
      }),
    );
  });
});

it('a whole address stays', () => {
  expect(wholeAddresses.anonymize('203.0.113.7')).toBe('203.0.113.7');
  expect(wholeAddresses.former('203.0.113.7')).toBeUndefined();
});
