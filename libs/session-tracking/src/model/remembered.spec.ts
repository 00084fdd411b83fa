import { describe, expect, it } from 'vitest';
import { remembered } from './remembered.js';

describe('what is remembered', () => {
  it('is made once', () => {
    const asked: string[] = [];
    const upperCase = remembered((text: string) => {
      asked.push(text);
      return text.toUpperCase();
    });
    expect(['a', 'b', 'a'].map(upperCase)).toEqual(['A', 'B', 'A']);
    expect(asked).toEqual(['a', 'b']);
  });

  it('is bounded', () => {
    let made = 0;
    const count = remembered((argument: number) => {
      made += 1;
      return -argument;
    });
    for (let argument = 0; argument < 1001; argument += 1) {
      count(argument);
    }
    count(1000);
    expect(made).toBe(1001);
    count(0);
    expect(made).toBe(1002);
  });
});
