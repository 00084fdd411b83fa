import { redactAddresses } from '../redaction/address-redaction.js';
import { toPrintable } from '../printable.js';
import { REDACTED } from '../redaction/redacted.js';
import type { ResponseRecord } from './records.js';
import { redactText } from '../redaction/secret-shapes.js';

/** Longest name of a class or handler that is kept, in characters. */
export const MAX_NAME_LENGTH = 128;

/** Longest error message that is kept, in characters. */
const MAX_MESSAGE_LENGTH = 256;

/** Longest beginning of a message that is looked at for secrets, in characters. */
const MOST_LOOKED_AT = 1024;

/** Whether messages of errors are kept, and whether with the addresses in them. */
export type MessagePolicy = 'none' | 'without addresses' | 'with addresses';

/** The class of what a handler threw, and its message where that is wanted; both bounded. */
export function describeError(
  thrown: unknown,
  messages: MessagePolicy,
): Pick<ResponseRecord, 'error' | 'error_message'> {
  if (!(thrown instanceof Error)) {
    return { error: typeof thrown };
  }
  const name =
    readText(() => thrown.constructor.name) || readText(() => thrown.name);
  const message = messages === 'none' ? '' : readText(() => thrown.message);
  const error = toPrintable(name || 'Error', MAX_NAME_LENGTH);
  if (message === '') {
    return { error };
  }
  const stored = toStoredMessage(message, messages === 'without addresses');
  return { error, error_message: stored };
}

/** A message as it is stored: printable, bounded, without secrets that can be recognised. */
export function toStoredMessage(
  message: string,
  withoutAddresses = false,
): string {
  // More is looked at than is kept, and of that no word that is cut: half a secret cannot be recognised.
  const start = toPrintable(message, MOST_LOOKED_AT);
  const whole =
    message.length > MOST_LOOKED_AT
      ? start.slice(0, start.lastIndexOf(' ') + 1) + REDACTED
      : start;
  const redacted = redactText(whole);
  return toPrintable(
    withoutAddresses ? redactAddresses(redacted) : redacted,
    MAX_MESSAGE_LENGTH,
  );
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
