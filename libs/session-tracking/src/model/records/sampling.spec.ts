import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  responseRecord,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import { isFollowed, sampleExchange, type SamplingPolicy } from './sampling.js';

const NOBODY: SamplingPolicy = { rate: 0, keepErrors: true, keepSlowMs: 1000 };

describe('who is followed', () => {
  it('is everybody at 1 and nobody at 0', () => {
    fc.assert(
      fc.property(fc.string(), (userId) => {
        expect(isFollowed(user(userId), 1)).toBe(true);
        expect(isFollowed(user(userId), 0)).toBe(false);
      }),
    );
  });

  it('is the share asked for, of users and of addresses', () => {
    for (const rate of [0.01, 0.2, 0.9]) {
      const users = Array.from({ length: 10_000 }, (_, index) =>
        isFollowed(user(`user-${index}`), rate),
      );
      const addresses = Array.from({ length: 10_000 }, (_, index) =>
        isFollowed(visitor(`10.0.${index >> 8}.${index & 255}`), rate),
      );
      for (const all of [users, addresses]) {
        const share = all.filter(Boolean).length / all.length;
        expect(Math.abs(share - rate)).toBeLessThan(0.015);
      }
    }
  });

  it('is decided by the user alone, and for good', () => {
    for (let index = 0; index < 100; index += 1) {
      const decisions = ['192.0.2.1', '198.51.100.7'].map((ip) =>
        isFollowed(user(String(index), ip), 0.5),
      );
      expect(decisions[0]).toBe(decisions[1]);
    }
    // These hold for every instance and version: a change would cut sessions in two.
    expect(
      ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => isFollowed(user(id), 0.5)),
    ).toEqual([true, true, false, true, false, false]);
  });

  it('stays followed when the rate grows', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (userId, a, b) => {
          if (isFollowed(user(userId), Math.min(a, b))) {
            expect(isFollowed(user(userId), Math.max(a, b))).toBe(true);
          }
        },
      ),
    );
  });
});

describe('what sampling does with an exchange', () => {
  it('is nothing where the client is followed', () => {
    const policy = { ...NOBODY, rate: 1 };
    for (const status_code of [200, 500]) {
      expect(
        sampleExchange(policy, user('42'), responseRecord({ status_code })),
      ).toBeUndefined();
    }
  });

  it.each([
    [200, 999.99, 'left_out'],
    [399, 0, 'left_out'],
    [400, 0, 'kept'],
    [503, 0, 'kept'],
    [200, 1000, 'kept'],
    [404, 5000, 'kept'],
  ])('of the rest, with status %i after %d ms, is: %s', (status, ms, what) => {
    expect(
      sampleExchange(
        NOBODY,
        user('42'),
        responseRecord({ status_code: status, duration_ms: ms }),
      ),
    ).toBe(what);
  });

  it('keeps no errors where that is not wanted, but slow ones', () => {
    const policy = { ...NOBODY, keepErrors: false };
    const sample = (duration_ms: number): unknown =>
      sampleExchange(
        policy,
        user('42'),
        responseRecord({ status_code: 500, duration_ms }),
      );
    expect([sample(1), sample(1000)]).toEqual(['left_out', 'kept']);
  });
});
