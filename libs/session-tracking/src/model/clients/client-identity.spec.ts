import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import { truncatedAddresses, wholeAddresses } from './address-anonymizer.js';
import { HashingAnonymizer } from './address-hashing.js';
import {
  namesOf,
  normalizeUserId,
  toClient,
  toStoredNames,
  toStoredUserId,
} from './client-identity.js';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

const HASHED = /^sha256:[0-9a-f]{64}$/;

describe('a client', () => {
  it('is its user id and its address, both in one spelling', () => {
    expect(
      toClient({ userId: '42', ip: '::ffff:192.0.2.1' }, wholeAddresses),
    ).toEqual({
      userId: '42',
      ip: '192.0.2.1',
    });
  });

  it('is anonymous without a user id', () => {
    expect(toClient({ ip: '192.0.2.1' }, wholeAddresses).userId).toBe('');
    expect(
      toClient({ userId: undefined, ip: '192.0.2.1' }, wholeAddresses).userId,
    ).toBe('');
    expect(
      toClient({ userId: '', ip: '192.0.2.1' }, wholeAddresses).userId,
    ).toBe('');
  });

  it.each(['', 'no address', '192.0.2.1, 198.51.100.1', '\ud800'])(
    'has an unknown address when %j is given',
    (ip) => {
      expect(toClient({ userId: '42', ip }, wholeAddresses).ip).toBe('unknown');
    },
  );
});

describe('the address of a client', () => {
  const hashed = `hash:${'x'.repeat(22)}`;

  it('is stored as the policy says', () => {
    const ip = '::ffff:203.0.113.7';
    expect(toClient({ ip }, truncatedAddresses)).toEqual({
      userId: '',
      ip: '203.0.113.0',
    });
    const salts = {
      current: Buffer.alloc(32, 2),
      previous: Buffer.alloc(32, 1),
    };
    const { ip: stored, formerIp } = toClient(
      { ip },
      new HashingAnonymizer(salts),
    );
    expect(stored).toMatch(/^hash:/);
    expect(formerIp).toMatch(/^hash:/);
    expect(formerIp).not.toBe(stored);
  });

  it('is looked up whole or as it is stored', () => {
    const addresses = new HashingAnonymizer({ current: Buffer.alloc(32) });
    const { ip: stored } = toClient({ ip: '203.0.113.7' }, addresses);
    for (const ip of ['203.0.113.7', '::ffff:203.0.113.7', stored]) {
      expect(toStoredNames({ ip }, addresses)).toEqual([{ ip: stored }]);
    }
    for (const ip of ['203.0.113.7', '203.0.113.0', '::ffff:203.0.113.99']) {
      expect(toStoredNames({ ip }, truncatedAddresses)).toEqual([
        { ip: '203.0.113.0' },
      ]);
    }
    for (const ip of ['unknown', hashed]) {
      expect(toStoredNames({ ip }, truncatedAddresses)).toEqual([{ ip }]);
      expect(toClient({ ip }, truncatedAddresses).ip).toBe(ip);
    }
    expect(toStoredNames({ ip: 'hash:x' }, wholeAddresses)).toBeNull();
  });

  it('is looked up under the salts of both days, a user by the id alone', () => {
    const addresses = new HashingAnonymizer({
      current: Buffer.alloc(32, 2),
      previous: Buffer.alloc(32, 1),
    });
    const client = toClient({ ip: '203.0.113.7' }, addresses);
    const names = [{ ip: client.ip }, { ip: client.formerIp }];
    expect(toStoredNames({ ip: '203.0.113.7' }, addresses)).toEqual(names);
    expect(namesOf(client)).toEqual(names);
    expect(
      namesOf(toClient({ userId: '42', ip: '203.0.113.7' }, addresses)),
    ).toEqual([{ userId: '42' }]);
  });
});

describe('a user id', () => {
  it.each([
    '42',
    'a:b:{c}',
    '__proto__',
    'with space',
    '"quoted"',
    'é',
    '🦊',
    'x'.repeat(128),
    '🦊'.repeat(32),
  ])('is kept as it is: %j', (id) => {
    expect(toStoredUserId(id)).toBe(id);
  });

  it.each([
    'x'.repeat(129),
    '🦊'.repeat(33),
    'é'.repeat(65),
    'line\nbreak',
    'tab\t',
    'null\u0000',
    'escape\u001b[31m',
    'delete\u007f',
    'c1\u0085',
    'separator\u2028',
    'separator\u2029',
    'lone \ud83e',
    'lone \udd8a',
    'x'.repeat(1_000_000),
  ])('becomes a hash when it is long or cannot be printed (%#)', (id) => {
    expect(toStoredUserId(id)).toMatch(HASHED);
  });

  it('is another for another half of a pair, which no encoding can tell apart', () => {
    expect(toStoredUserId('\ud83e')).not.toBe(toStoredUserId('\ud83f'));
    expect(toStoredUserId('\ud83e')).not.toBe(toStoredUserId('\ufffd'));
  });

  it('that looks like the hash of another is hashed as well', () => {
    const hashed = toStoredUserId('x'.repeat(1000));
    const again = toStoredUserId(hashed);
    expect(again).toMatch(HASHED);
    expect(again).not.toBe(hashed);
    expect(toClient({ userId: hashed }, wholeAddresses).userId).toBe(again);
    for (const id of [hashed.toUpperCase(), hashed.slice(1), `${hashed}0`]) {
      expect(toStoredUserId(id)).toBe(id);
    }
  });

  it('is looked up as itself, and as it is stored where that is meant', () => {
    const userId = toStoredUserId('x'.repeat(1000));
    expect(toStoredNames({ userId }, wholeAddresses)).toEqual([
      { userId: toStoredUserId(userId) },
    ]);
    expect(toStoredNames({ userId, asStored: true }, wholeAddresses)).toEqual([
      { userId },
    ]);
    for (const id of ['42', 'x'.repeat(1000)]) {
      for (const asStored of [true, false]) {
        expect(toStoredNames({ userId: id, asStored }, wholeAddresses)).toEqual(
          [{ userId: toStoredUserId(id) }],
        );
      }
    }
  });

  it('of a filter stays what it has become', () => {
    const hashed = toStoredUserId('x'.repeat(1000));
    expect(normalizeUserId(hashed)).toBe(hashed);
    expect(normalizeUserId('x'.repeat(1000))).toBe(hashed);
    expect(normalizeUserId('42')).toBe('42');
  });

  it.each([Number.NaN, Infinity, -Infinity])(
    'is none when it is the number %d',
    (userId) => {
      expect(toClient({ userId, ip: '192.0.2.1' }, wholeAddresses).userId).toBe(
        '',
      );
    },
  );

  it('is bounded, printable, and different for different ids', () => {
    const ids = anyText(150);
    fc.assert(
      fc.property(ids, ids, (one, other) => {
        const [first, second] = [toStoredUserId(one), toStoredUserId(other)];
        expect(Buffer.byteLength(first)).toBeLessThanOrEqual(128);
        expect(first.isWellFormed()).toBe(true);
        expect(first).not.toMatch(CONTROL_CHARACTER);
        expect(first === second).toBe(one === other);
      }),
    );
  });
});
