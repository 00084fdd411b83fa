import { toPrintable } from './printable.js';
import type { ResponseRecord } from './records.js';
import { redactText } from './secret-shapes.js';

/** Longest name of a class or handler that is kept, in characters. */
export const MAX_NAME_LENGTH = 128;

/** Longest error message that is kept, in characters. */
const MAX_MESSAGE_LENGTH = 256;

/** The class of what a handler threw, and its message where that is wanted; both bounded. */
export function describeError(
  thrown: unknown,
  withMessage: boolean,
): Pick<ResponseRecord, 'error' | 'error_message'> {
  if (!(thrown instanceof Error)) {
    return { error: typeof thrown };
  }
  const name =
    readText(() => thrown.constructor.name) || readText(() => thrown.name);
  const message = withMessage ? readText(() => thrown.message) : '';
  const error = toPrintable(name || 'Error', MAX_NAME_LENGTH);
  return message === ''
    ? { error }
    : { error, error_message: toStoredMessage(message) };
}

/** A message as it is stored: printable, bounded, without secrets that can be recognised. */
export function toStoredMessage(message: string): string {
  // More is looked at than is kept, so that a cut cannot make a secret unrecognisable.
  const start = toPrintable(message, MAX_MESSAGE_LENGTH * 4);
  return toPrintable(redactText(start), MAX_MESSAGE_LENGTH);
}

/** The host's error classes may have getters that throw, or texts that are none. */
function readText(read: () => unknown): string {
  try {
    const value = read();
    return typeof value === 'string' ? value : '';
  } catch {
    return '';
  }
}
