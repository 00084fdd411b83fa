import { cutText } from './detached-text.js';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** Cuts a text from outside and makes it safe for a record and a log line. */
export function toPrintable(text: string, maxLength: number): string {
  return cutText(text, maxLength)
    .toWellFormed()
    .replaceAll(CONTROL_CHARACTERS, ' ');
}

/** Whether a text can stand in a key, a record or a log line as it is. */
export function isPrintable(text: string): boolean {
  return text.search(CONTROL_CHARACTERS) === -1 && text.isWellFormed();
}
