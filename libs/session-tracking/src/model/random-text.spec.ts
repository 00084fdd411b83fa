import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { looksRandom } from './random-text.js';

/** Random bytes that are the same in every run. */
function bytes(seed: number): Buffer {
  return createHash('sha512').update(String(seed)).digest();
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

function shareFound(make: (seed: number) => string): number {
  const tokens = Array.from({ length: 2000 }, (_, seed) => make(seed));
  return tokens.filter(looksRandom).length / tokens.length;
}

describe('a text that looks random', () => {
  it.each([
    ['nanoid', 'V1StGXR8_Z5jdHi6B-myT'],
    ['16 bytes in base64url', 'kX3vYw0aQe2Zb7Rk9Lh4Tg'],
    ['32 bytes in base64url', 'u8lRXTzASBZOBs0B6X57Hwyd1R4kfmXcs0rtaTCbf3E'],
    ['32 bytes in base64', 'u8lRXTzASBZOBs0B6X57Hwyd+R4kfmXcs0rtaTCbf3E='],
    ['a key with a prefix', 'shop_key_4eC39HqLyjWDarjtT1zdp7dc'],
    ['base32', 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
    ['base36', 'k2j4h5g6f7d8s9a0q1w2e3r4t5y6u7i8'],
  ])('is one: %s', (_, text) => {
    expect(looksRandom(text)).toBe(true);
  });

  it.each([
    ['a UUID', '018f3b5e-9c1d-7a2b-8e4f-0123456789ab'],
    ['a UUID in capitals', 'A5A6DE53-5B9D-4E0E-9A3B-3A1A4A7F2C11'],
    ['a name with a UUID', 'Invoice-a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11'],
    ['an ObjectId', '507f1f77bcf86cd799439011'],
    ['a name with an ObjectId', 'order_507f1f77bcf86cd799439011'],
    ['a ULID', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a CUID', 'cjld2cjxh0000qzrmn831i7rn'],
    ['a TypeID', 'user_2x4y6z8a0b1c2d3e4f5g6h7j8k'],
    ['a snowflake', '175928847299117063'],
    ['a card-length number', '4111111111111111'],
    ['a slug', 'the-quick-brown-fox-jumps-over-the-lazy-dog-2024'],
    ['a title', 'The-Quick-Brown-Fox-In-2024-Or-So'],
    ['a title of small words', 'How-To-Do-It-In-3-Or-4-Steps-At-A-Time'],
    ['camel case', 'listAllOpenPullRequestsByUserId'],
    ['camel case with numbers', 'getUserProfileByEmailV2'],
    ['a product', 'iPhone-15-Pro-Max-256GB-Titanium-Blue'],
    ['a constant', 'MAX_RECORDS_PER_SESSION_LIMIT'],
    ['a German word', 'Donaudampfschifffahrtsgesellschaft'],
    ['lower case with a year', 'blackfriday2024electronicsdiscount'],
    ['a file', 'IMG_20240102_WA0012-Edited'],
    ['a locale', 'zh-Hant-TW-x-private'],
    ['a time', '2024-01-02T03-04-05-678Z'],
    ['a short one', 'V1StGXR8Z5jdHi6'],
    ['a method', 'getOrdersByUserIdAndDateRange'],
    ['a long German word', 'rindfleischetikettierungsueberwachung'],
    ['a month of sales', 'summer2024sale50percentoffeverything'],
    ['one letter over and over', 'x'.repeat(1000)],
    ['nothing', ''],
  ])('is not: %s', (_, text) => {
    expect(looksRandom(text)).toBe(false);
  });

  it.each([
    ['16 bytes in base64url', 16, 0.99],
    ['24 bytes in base64url', 24, 0.998],
    ['32 bytes in base64url', 32, 0.999],
  ])('is nearly every one of %s', (_, length, share) => {
    expect(
      shareFound((seed) =>
        bytes(seed).subarray(0, length).toString('base64url'),
      ),
    ).toBeGreaterThan(share);
  });

  it.each([
    ['24 letters and digits', LETTERS + LETTERS.toUpperCase() + DIGITS, 24],
    ['32 of base32', LETTERS.toUpperCase() + '234567', 32],
    ['32 of base32 in lower case', `${LETTERS}234567`, 32],
    ['32 lower-case letters and digits', LETTERS + DIGITS, 32],
  ])('is nearly every one of %s', (_, alphabet, length) => {
    expect(
      shareFound((seed) =>
        Array.from(
          bytes(seed).subarray(0, length),
          (byte) => alphabet[byte % alphabet.length],
        ).join(''),
      ),
    ).toBeGreaterThan(0.98);
  });
});
