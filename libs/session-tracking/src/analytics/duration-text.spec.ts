import { describe, expect, it } from 'vitest';
import { parseDuration, spellDuration } from './duration-text.js';

describe('a length of time', () => {
  it.each([
    ['90s', 90],
    ['5m', 300],
    ['1h', 3600],
    ['24h', 86_400],
    ['7d', 604_800],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each([
    '',
    '0s',
    '5',
    'h',
    '1.5h',
    '-1h',
    '1 h',
    '1H',
    '1w',
    '01h',
    '1h\n',
  ])('is not written %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([
    [90, '90s'],
    [120, '2m'],
    [7200, '2h'],
    [86_400, '1d'],
    [90_000, '25h'],
  ])('of %d seconds is spelt %s', (seconds, text) => {
    expect(spellDuration(seconds)).toBe(text);
  });
});
