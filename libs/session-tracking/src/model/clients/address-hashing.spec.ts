import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { standsForAddress } from './address.js';
import { HashingAnonymizer } from './address-hashing.js';

const hmacs = vi.hoisted(() => ({ computed: 0 }));
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  return {
    ...crypto,
    createHmac: (...args: Parameters<typeof crypto.createHmac>) => {
      hmacs.computed += 1;
      return crypto.createHmac(...args);
    },
  };
});

const MONDAY = Buffer.alloc(32, 1);
const TUESDAY = Buffer.alloc(32, 2);

/** How many HMACs a call takes. */
function costOf(call: () => unknown): number {
  const before = hmacs.computed;
  call();
  return hmacs.computed - before;
}

describe('a hashed address', () => {
  it('is the beginning of its HMAC under the salt of the day', () => {
    const stored = new HashingAnonymizer({ current: MONDAY }).anonymize(
      '203.0.113.7',
    );
    const hmac = createHmac('sha256', MONDAY).update('203.0.113.7');
    expect(stored).toBe(`hash:${hmac.digest('base64url').slice(0, 22)}`);
    expect(standsForAddress(stored)).toBe(true);
  });

  it('has a former one while the salt of the day before is known', () => {
    const monday = new HashingAnonymizer({ current: MONDAY });
    const tuesday = new HashingAnonymizer({
      current: TUESDAY,
      previous: MONDAY,
    });
    expect(monday.former('::1')).toBeUndefined();
    expect(tuesday.former('::1')).toBe(monday.anonymize('::1'));
    expect(tuesday.anonymize('::1')).not.toBe(monday.anonymize('::1'));
  });

  it('changes with the salts, also where it was remembered', () => {
    const addresses = new HashingAnonymizer({ current: MONDAY });
    const onMonday = addresses.anonymize('::1');
    addresses.useSalts({ current: TUESDAY, previous: MONDAY });
    expect(addresses.anonymize('::1')).not.toBe(onMonday);
    expect(addresses.former('::1')).toBe(onMonday);
    addresses.useSalts({ current: TUESDAY });
    expect(addresses.former('::1')).toBeUndefined();
  });

  it('stays what it has become, like an unknown one', () => {
    const addresses = new HashingAnonymizer({
      current: TUESDAY,
      previous: MONDAY,
    });
    const stored = addresses.anonymize('203.0.113.7');
    for (const kept of [stored, 'unknown']) {
      expect(addresses.anonymize(kept)).toBe(kept);
      expect(addresses.former(kept)).toBeUndefined();
    }
  });

  it('is computed once for each address and day', () => {
    const addresses = new HashingAnonymizer({
      current: TUESDAY,
      previous: MONDAY,
    });
    const ask = (): void => {
      addresses.anonymize('203.0.113.7');
      addresses.former('203.0.113.7');
    };
    expect(costOf(ask)).toBe(2);
    expect(costOf(ask)).toBe(0);
  });

  it('is forgotten when 10,000 others came, and kept while it is in use', () => {
    const addresses = new HashingAnonymizer({ current: MONDAY });
    addresses.anonymize('busy');
    addresses.anonymize('gone');
    for (let i = 0; i < 10_000; i += 1) {
      addresses.anonymize(`10.0.${i >> 8}.${i & 255}`);
      addresses.anonymize('busy');
    }
    expect(costOf(() => addresses.anonymize('busy'))).toBe(0);
    expect(costOf(() => addresses.anonymize('gone'))).toBe(1);
  });

  it('is another for another address', () => {
    const addresses = new HashingAnonymizer({ current: MONDAY });
    fc.assert(
      fc.property(fc.ipV4(), fc.ipV6(), (one, other) => {
        expect(addresses.anonymize(one)).not.toBe(addresses.anonymize(other));
        expect(standsForAddress(addresses.anonymize(one))).toBe(true);
      }),
    );
  });

  it.each([
    '',
    'hash:',
    'hash:x',
    `hash:${'x'.repeat(23)}`,
    `hash:${'\n'.repeat(22)}`,
    '203.0.113.7',
  ])('is not %j', (text) => {
    expect(standsForAddress(text)).toBe(false);
  });
});
