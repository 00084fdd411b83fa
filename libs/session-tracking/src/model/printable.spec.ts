import { expect, it } from 'vitest';
import { isPrintable } from './printable.js';

it('a format character is no reason for a user id to be hashed', () => {
  expect(isPrintable('👩\u200d🚀')).toBe(true);
});
