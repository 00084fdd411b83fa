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

/** Such as those that turn the direction of text around, or join letters that look like others. */
const FORMAT_CHARACTERS = /\p{Cf}/gu;

/** A text in quotes for a log line, in which nothing can be unseen: such characters are spelt out. */
export function quoteVisibly(text: string): string {
  return JSON.stringify(text).replaceAll(
    FORMAT_CHARACTERS,
    (character) =>
      `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
  );
}
