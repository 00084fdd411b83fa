import type { ResponseRecord } from '../model/records.js';

const MAX_NAME_LENGTH = 128;
const MAX_MESSAGE_LENGTH = 256;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** The class of what a handler threw, and its message where that is wanted; both bounded. */
export function describeError(
  thrown: unknown,
  withMessage: boolean,
): Pick<ResponseRecord, 'error' | 'error_message'> {
  if (!(thrown instanceof Error)) {
    return { error: typeof thrown };
  }
  const error = bound(thrown.constructor.name || thrown.name, MAX_NAME_LENGTH);
  return withMessage && thrown.message !== ''
    ? { error, error_message: bound(thrown.message, MAX_MESSAGE_LENGTH) }
    : { error };
}

function bound(text: string, maxLength: number): string {
  return text
    .slice(0, maxLength)
    .toWellFormed()
    .replaceAll(CONTROL_CHARACTERS, ' ');
}
