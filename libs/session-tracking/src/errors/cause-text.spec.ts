import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AdminGuardError } from './admin-guard.error.js';
import { StoreUnavailableError } from './store-unavailable.error.js';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\u200b]/;

describe.each([
  ['store', (cause: unknown) => new StoreUnavailableError('answer', cause)],
  ['guard', (cause: unknown) => new AdminGuardError('AuthGuard', cause)],
])('the message of an error of the %s', (_, make) => {
  it('repeats what its cause says', () => {
    expect(make(new Error('ERR no such key')).message).toContain(
      'ERR no such key',
    );
    expect(make('a text').message).toContain('a text');
    expect(make(undefined).message).toContain('undefined');
  });

  it('is one printable line, whatever the cause says', () => {
    const cause = new Error(
      'ERR a\r\nb\u001b[31m\u0000c\u0085\u2028d\u202e\u2066e\u200bf\ud83e',
    );
    const { message } = make(cause);
    expect(message).toContain('ERR a b [31m c d e f\ufffd');
    expect(message).not.toMatch(UNSEEN);
    expect(message.isWellFormed()).toBe(true);
  });

  it('does not repeat what Redis repeats of a command', () => {
    const { message } = make(
      new Error(
        "ERR unknown command 'auth', with args beginning with: 'default' 'hunter2' ",
      ),
    );
    expect(message).toContain("ERR unknown command 'auth'");
    expect(message).not.toContain('hunter2');
  });

  it('is bounded, and still says what to do', () => {
    const { message } = make(new Error('🦊'.repeat(100_000)));
    expect(message.length).toBeLessThan(600);
    expect(message.isWellFormed()).toBe(true);
    expect(message).toMatch(/Check that Redis is up|List it in the providers/);
  });
});

describe('the cause of an error of the store', () => {
  it('says what went wrong and where, and holds nothing else that could be printed', () => {
    const cause = Object.assign(new TypeError('ERR invalid password'), {
      code: 'EAUTH',
      command: { name: 'hello', args: ['3', 'AUTH', 'default', 'hunter2'] },
      previousErrors: [new Error('hunter2')],
      cause: new Error('hunter2'),
    });
    const error = new StoreUnavailableError('answer', cause);
    expect(error.cause).toMatchObject({
      name: 'TypeError',
      message: 'ERR invalid password',
      code: 'EAUTH',
      stack: expect.stringMatching(
        /^TypeError: ERR invalid password\n +at .*cause-text\.spec/,
      ),
    });
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(
      'hunter2',
    );
  });

  it('is what it was where it is no error', () => {
    expect(new StoreUnavailableError('answer', 'gone').cause).toBe('gone');
  });
});
