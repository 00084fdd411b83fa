import { describe, expect, it } from 'vitest';
import {
  at,
  exchangeOf,
  requestRecord,
  responseRecord,
  user,
} from '../../../testing/record-builders.js';
import { roundMilliseconds, toUnixSeconds } from '../records/durations.js';
import { totalOf } from './session-totals.js';

const client = user('42');

describe('totals', () => {
  it('add up responses, errors and durations', () => {
    expect(
      totalOf([
        exchangeOf(client, { status: 399, duration: 0.1, timestamp: at(3) }),
        exchangeOf(client, { status: 400, duration: 0.2, timestamp: at(1) }),
        {
          client,
          response: responseRecord({ status_code: 500, timestamp: at(9) }),
        },
        { client, request: requestRecord({ timestamp: at(0.5) }) },
      ]),
    ).toEqual({
      firstAt: at(0.5),
      lastAt: at(9),
      responses: 3,
      errors: 2,
      durationMicroseconds: 1300,
    });
  });
});

describe('figures of a record', () => {
  it('are milliseconds with two decimals', () => {
    expect(roundMilliseconds(45.2349)).toBe(45.23);
    expect(roundMilliseconds(45.235)).toBe(45.24);
    expect(roundMilliseconds(0.004)).toBe(0);
  });

  it('are seconds with the milliseconds as fraction', () => {
    expect(toUnixSeconds(1_647_123_456_789)).toBe(1_647_123_456.789);
    expect(toUnixSeconds(1_647_123_456_789.6)).toBe(1_647_123_456.79);
    expect(String(toUnixSeconds(1_647_123_456_000))).toBe('1647123456');
  });
});
