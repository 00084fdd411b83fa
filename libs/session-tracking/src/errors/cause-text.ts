/** Longest text of a cause that is repeated, in characters. */
const LONGEST_CAUSE = 300;

/** Control characters, line separators, and format characters such as those that turn text around. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/**
 * What a cause says of itself, on one line of bounded length: it may be the text of another server, and
 * the message that repeats it ends up in a log.
 */
export function textOfCause(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const line = text
    // More is looked at than is kept, because what cannot be seen goes.
    .slice(0, LONGEST_CAUSE * 4)
    .toWellFormed()
    .replaceAll(UNSEEN, ' ')
    .trim();
  return line.length > LONGEST_CAUSE
    ? `${line.slice(0, LONGEST_CAUSE).toWellFormed()}…`
    : line;
}
