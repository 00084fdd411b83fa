/**
 * Such as those that turn the direction of text around, or join letters that look like others; and the control
 * characters that JSON leaves as they are, with which a terminal may be told things.
 */
const UNSEEN_CHARACTERS = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A text in quotes for a log line, in which nothing can be unseen: such characters are spelt out. */
export function quoteVisibly(text: string): string {
  return JSON.stringify(text).replaceAll(
    UNSEEN_CHARACTERS,
    (character) =>
      `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}}`,
  );
}
