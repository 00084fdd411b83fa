import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../testing/any-text.js';
import { describeError } from './error-description.js';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

class PaymentRefused extends Error {}

describe('the description of an error', () => {
  it('is its class, and nothing of its message', () => {
    expect(describeError(new PaymentRefused('card 4111'), false)).toEqual({
      error: 'PaymentRefused',
    });
    expect(describeError(new TypeError('secret'), false)).toEqual({
      error: 'TypeError',
    });
  });

  it('has the message where that is wanted and there is one', () => {
    expect(describeError(new PaymentRefused('refused'), true)).toEqual({
      error: 'PaymentRefused',
      error_message: 'refused',
    });
    expect(describeError(new PaymentRefused(''), true)).toEqual({
      error: 'PaymentRefused',
    });
  });

  it('is the type of what is no error', () => {
    expect(describeError('text', true)).toEqual({ error: 'string' });
    expect(describeError(undefined, true)).toEqual({ error: 'undefined' });
    expect(describeError({ message: 'x' }, true)).toEqual({ error: 'object' });
    expect(describeError(null, true)).toEqual({ error: 'object' });
  });

  it('falls back on the name of an error whose class has none', () => {
    const Nameless = (() => class extends Error {})();
    Object.defineProperty(Nameless, 'name', { value: '' });
    const error = new Nameless('x');
    error.name = 'GivenName';
    expect(describeError(error, false)).toEqual({ error: 'GivenName' });
  });

  it('is bounded, of one line and well-formed', () => {
    fc.assert(
      fc.property(anyText(400), anyText(400), (name, message) => {
        const error = new Error(message);
        Object.defineProperty(error, 'constructor', { value: { name } });
        const described = describeError(error, true);
        expect((described.error ?? '').length).toBeLessThanOrEqual(128);
        expect((described.error_message ?? '').length).toBeLessThanOrEqual(256);
        for (const text of Object.values(described)) {
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(CONTROL_CHARACTER);
        }
      }),
    );
    expect(describeError(new Error('a\r\nb'), true).error_message).toBe('a b');
  });

  it('has no secrets in its message, not even one that the cut would halve', () => {
    const before = 'x '.repeat(120);
    const described = describeError(
      new Error(`${before}for bob.the.builder@example.com`),
      true,
    );
    expect(described.error_message).toBe(`${before}for [redacted]`);
  });

  it.each([
    ['no constructor', { constructor: undefined }],
    ['a class whose name is a method', { constructor: { name: () => 'x' } }],
    ['a message that is an object', { message: { code: 5 } }],
    ['a message that is undefined', { message: undefined }],
  ])('is found for an error with %s', (_, odd) => {
    const error = Object.defineProperties(
      new Error('x'),
      Object.fromEntries(
        Object.entries(odd).map(([key, value]) => [key, { value }]),
      ),
    );
    expect(typeof describeError(error, true).error).toBe('string');
  });

  it('is found for an error whose getters throw', () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error('getter');
      }
    }
    expect(describeError(new Hostile(), true).error).toBe('Hostile');
  });
});
