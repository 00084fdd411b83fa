import { describe, expect, it } from 'vitest';
import { InvalidDemoOptionError, readDemoOptions } from './demo-options.js';

describe('the demo visits', () => {
  it.each([
    ['the port that the shop takes by itself', [], {}, 'http://localhost:3000'],
    ['the port that moved it', [], { PORT: '3777' }, 'http://localhost:3777'],
    [
      'the address it is given, whatever the port',
      ['https://shop.example/any/path'],
      { PORT: '3777' },
      'https://shop.example',
    ],
  ])('%s', (_, args, env, baseUrl) => {
    expect(readDemoOptions(args, env)).toEqual({ baseUrl, seconds: 15 });
  });

  it('as long as it is told', () => {
    expect(readDemoOptions(['--seconds', '2'], {}).seconds).toBe(2);
  });
});

it.each([
  ['an address without a scheme', ['localhost:3000'], {}, 'localhost:3000'],
  ['a port that is none', [], { PORT: 'x' }, 'http://localhost:x'],
  ['no time at all', ['--seconds', '0'], {}, "'0'"],
  ['an option that does not exist', ['--minutes', '1'], {}, 'Usage:'],
])('the demo refuses %s and says why', (_, args, env, named) => {
  const read = (): unknown => readDemoOptions(args, env);
  expect(read).toThrow(InvalidDemoOptionError);
  expect(read).toThrow(named);
});
