import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import { describeError } from './error-description.js';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

class PaymentRefused extends Error {}

describe('the description of an error', () => {
  it('is its class, and nothing of its message', () => {
    expect(describeError(new PaymentRefused('card 4111'), 'none')).toEqual({
      error: 'PaymentRefused',
    });
    expect(describeError(new TypeError('secret'), 'none')).toEqual({
      error: 'TypeError',
    });
  });

  it('has the message where that is wanted and there is one', () => {
    expect(
      describeError(new PaymentRefused('refused'), 'with addresses'),
    ).toEqual({
      error: 'PaymentRefused',
      error_message: 'refused',
    });
    expect(describeError(new PaymentRefused(''), 'with addresses')).toEqual({
      error: 'PaymentRefused',
    });
  });

  it('is the type of what is no error', () => {
    expect(describeError('text', 'with addresses')).toEqual({
      error: 'string',
    });
    expect(describeError(undefined, 'with addresses')).toEqual({
      error: 'undefined',
    });
    expect(describeError({ message: 'x' }, 'with addresses')).toEqual({
      error: 'object',
    });
    expect(describeError(null, 'with addresses')).toEqual({ error: 'object' });
  });

  it('falls back on the name of an error whose class has none', () => {
    const Nameless = (() => class extends Error {})();
    Object.defineProperty(Nameless, 'name', { value: '' });
    const error = new Nameless('x');
    error.name = 'GivenName';
    expect(describeError(error, 'none')).toEqual({ error: 'GivenName' });
  });

  it('is bounded, of one line and well-formed', () => {
    fc.assert(
      fc.property(anyText(400), anyText(400), (name, message) => {
        const error = new Error(message);
        Object.defineProperty(error, 'constructor', { value: { name } });
        const described = describeError(error, 'with addresses');
        expect((described.error ?? '').length).toBeLessThanOrEqual(128);
        expect((described.error_message ?? '').length).toBeLessThanOrEqual(256);
        for (const text of Object.values(described)) {
          expect(text.isWellFormed()).toBe(true);
          expect(text).not.toMatch(CONTROL_CHARACTER);
        }
      }),
    );
    expect(
      describeError(new Error('a\r\nb'), 'with addresses').error_message,
    ).toBe('a b');
  });

  it('has no secrets in its message, not even one that the cut would halve', () => {
    const before = 'x '.repeat(120);
    const described = describeError(
      new Error(`${before}for bob.the.builder@example.com`),
      'with addresses',
    );
    expect(described.error_message).toBe(`${before}for [redacted]`);
  });

  it.each([
    ['erika.muster@example.com', 1010],
    ['0123456789abcdef0123456789abcdef', 1000],
  ])(
    'has nothing of %s, where looking for secrets ends in it',
    (secret, at) => {
      const token = `eyJ${'a'.repeat(at - 4)}`;
      const { error_message } = describeError(
        new Error(`${token} ${secret}`),
        'with addresses',
      );
      expect(error_message).toBe('[redacted] [redacted]');
    },
  );

  it('has addresses in its message only where they are wanted', () => {
    const error = new Error('boom at 203.0.113.77 and [2001:db8::1]:443');
    expect(describeError(error, 'with addresses').error_message).toBe(
      error.message,
    );
    expect(describeError(error, 'without addresses').error_message).toBe(
      'boom at [redacted] and [redacted]:443',
    );
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
    expect(typeof describeError(error, 'with addresses').error).toBe('string');
  });

  it('is found for an error whose getters throw', () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error('getter');
      }
    }
    expect(describeError(new Hostile(), 'with addresses').error).toBe(
      'Hostile',
    );
  });
});
