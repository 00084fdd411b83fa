import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  requestRecord,
  responseRecord,
  START,
  user,
} from '../../../testing/record-builders.js';
import { arrivalOf } from './exchange.js';

describe('the arrival of an exchange', () => {
  it('is that of its request, whenever the response ended', () => {
    expect(
      arrivalOf({
        client: user('42'),
        request: requestRecord({ timestamp: START }),
        response: responseRecord({ timestamp: START + 9, duration_ms: 1 }),
      }),
    ).toBe(START);
    expect(arrivalOf(exchangeOf(user('42')))).toBe(START);
  });

  it('is as long before the end of a lone response as that took', () => {
    expect(
      arrivalOf({
        client: user('42'),
        response: responseRecord({ timestamp: START, duration_ms: 2500 }),
      }),
    ).toBe(START - 2.5);
  });
});
