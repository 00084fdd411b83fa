import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import {
  HOSTILE_TEXTS,
  textsAgainstRegularExpressions,
} from '../../../testing/hostile-texts.js';
import { looksSecret, redactText } from './secret-shapes.js';

const JWT = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJlLW9mLW5vYm9keQ';

describe('what looks secret', () => {
  it.each([
    JWT,
    JWT.split('.').slice(0, 2).join('.'),
    'd41d8cd98f00b204e9800998ecf8427e',
    'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709',
    'bob@example.com',
    'bob+tag@mail.example.co.uk',
    'bob@bücher.example',
    'bob@例え.テスト',
    'file-bob@example.com.pdf',
    'u8lRXTzASBZOBs0B6X57Hwyd1R4kfmXcs0rtaTCbf3E',
  ])('is %s', (text) => {
    expect(looksSecret(text)).toBe(true);
  });

  it.each([
    '507f1f77bcf86cd799439011',
    'a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11',
    'react@18.2.0',
    'lodash@4.17.21',
    '@nestjs',
    'core@latest',
    'me@',
    '@',
    '12345678901234567890',
    'eyJ',
    '__proto__',
    'constructor',
  ])('is not %s', (text) => {
    expect(looksSecret(text)).toBe(false);
  });
});

describe('a redacted message', () => {
  it.each([
    ['No user bob@example.com here.', 'No user [redacted] here.'],
    ['<bob@example.com>, eve@example.org', '<[redacted]>, [redacted]'],
    [`jwt malformed: ${JWT}`, 'jwt malformed: [redacted]'],
    ['key d41d8cd98f00b204e9800998ecf8427e unknown', 'key [redacted] unknown'],
    [
      'GET https://u:p@api.test/v1?token=abc&page=2 failed',
      'GET https://[redacted]@api.test/v1?token=[redacted]&page=[redacted] failed',
    ],
    ['redis://default:pa/ssw0rd@cache', 'redis://[redacted]@cache'],
    ['redis://default:pa@ssw0rd@cache:1', 'redis://[redacted]@cache:1'],
    [`redis://a:${'x'.repeat(400)}@cache`, 'redis://[redacted]@cache'],
    ['redis://default@cache', 'redis://[redacted]@cache'],
    ['at https://npm.test/@nestjs', 'at https://npm.test/@nestjs'],
    ['me@ http://a.test', 'me@ http://a.test'],
    ['header "Bearer abc.def" refused', 'header "Bearer [redacted]" refused'],
    [
      'Cart a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11 has 2 items',
      'Cart a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11 has 2 items',
    ],
    [
      'Cannot read properties of undefined (reading "listAllOpenPullRequests")',
      'Cannot read properties of undefined (reading "listAllOpenPullRequests")',
    ],
    ['', ''],
  ])('%j is %j', (message, redacted) => {
    expect(redactText(message)).toBe(redacted);
  });

  it('holds no JWT, no e-mail address and no long hexadecimal, whatever stands around', () => {
    const secret = fc.oneof(
      fc.constantFrom(JWT, 'bob@example.com'),
      fc.stringMatching(/^[0-9a-f]{32,64}$/),
    );
    const around = fc.constantFrom(' ', '"', '(', '\n', ': ', ', ', '', '/');
    fc.assert(
      fc.property(
        anyText(20),
        around,
        secret,
        around,
        anyText(20),
        (before, left, hidden, right, after) => {
          expect(
            redactText(`${before}${left}${hidden}${right}${after}`),
          ).not.toContain(hidden);
        },
      ),
    );
  });
});

describe('a text against regular expressions', () => {
  // A search that took the square of its length would not come to an end within the test's time.
  it.each(textsAgainstRegularExpressions(300_000))(
    'of any length is gone through once: %.40s',
    (text) => {
      expect(looksSecret(text)).toBeTypeOf('boolean');
      expect(redactText(text)).toBeTypeOf('string');
    },
  );

  it.each(HOSTILE_TEXTS)('that has broken software before: %.40j', (text) => {
    expect(looksSecret(text)).toBeTypeOf('boolean');
    expect(redactText(text)).toBeTypeOf('string');
  });
});
