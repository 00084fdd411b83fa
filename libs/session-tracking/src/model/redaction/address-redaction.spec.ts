import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textsAgainstRegularExpressions } from '../../../testing/hostile-texts.js';
import { redactAddresses } from './address-redaction.js';

describe('a text without its addresses', () => {
  it.each([
    ['boom at 203.0.113.77', 'boom at [redacted]'],
    ['connect 203.0.113.77:8080 refused.', 'connect [redacted]:8080 refused.'],
    ['from 203.0.113.77.', 'from [redacted].'],
    ['(203.0.113.77,198.51.100.1)', '([redacted],[redacted])'],
    ['ip=203.0.113.77;', 'ip=[redacted];'],
    ['203.0.113.77.dsl.example.com', '[redacted].dsl.example.com'],
    ['of user_203.0.113.77', 'of user_[redacted]'],
    ['203.000.113.077', '[redacted]'],
    ['at 2001:db8::1', 'at [redacted]'],
    ['at 2001:DB8::1: refused', 'at [redacted]: refused'],
    ['at 2001:db8::1.', 'at [redacted].'],
    ['at [2001:db8::1]:443', 'at [redacted]:443'],
    ['http://[2001:db8::1]/x', 'http://[redacted]/x'],
    ['ip:2001:db8::1', 'ip:[redacted]'],
    ['at fe80::1%eth0 now', 'at [redacted] now'],
    ['at ::1', 'at [redacted]'],
    ['at ::ffff:203.0.113.77', 'at [redacted]'],
    ['at 1:2:3:4:5:6:7:8', 'at [redacted]'],
    ['at 2001:db8:1:2:3:4:5:6:6379', 'at [redacted]:6379'],
    ['at 2001:db8:1:2:3:4:5:6:6379.', 'at [redacted]:6379.'],
    ['at 2001:db8:1:2:3:4:5:6.443', 'at [redacted].443'],
    ['at 2001:db8::1:54321', 'at [redacted]:54321'],
    ['at ::ffff:cb00:714d:54321', 'at [redacted]:54321'],
    ['fee:2001:db8:1:2:3:4:5:6', '[redacted]:6'],
    ['fee:2001:db8:1:2:3:4:5:6:443', 'fee:[redacted]:443'],
    ['of user_2001:db8:1:2:3:4:5:6', 'of user_[redacted]'],
    [
      'IP 203.0.113.77.443 > 198.51.100.1.80',
      'IP [redacted].443 > [redacted].80',
    ],
    ['host.203.0.113.77', 'host.[redacted]'],
  ])('%s is %s', (text, redacted) => {
    expect(redactAddresses(text)).toBe(redacted);
    expect(redactAddresses(redacted)).toBe(redacted);
  });

  it.each([
    'std::string and Foo::bar',
    'took 12:30:45.123',
    'version 4.17.21 of 1.2.3',
    'a: b',
    '[1, 2]',
    ':: alone',
    'id a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11',
    '',
  ])('keeps what is none: %j', (text) => {
    expect(redactAddresses(text)).toBe(text);
  });

  it('holds none, whatever stands around it', () => {
    const around = fc.constantFrom(' ', '"', '(', ', ', '/', '=', '', '\n');
    fc.assert(
      fc.property(
        around,
        fc.oneof(fc.ipV4(), fc.ipV6()),
        around,
        (left, address, right) => {
          fc.pre(address !== '::');
          expect(
            redactAddresses(`x${left || ' '}${address}${right}`),
          ).not.toContain(address);
        },
      ),
    );
  });

  it.each(textsAgainstRegularExpressions(300_000))(
    'of any length is gone through once: %.40s',
    (text) => {
      expect(redactAddresses(text)).toBeTypeOf('string');
    },
  );
});
