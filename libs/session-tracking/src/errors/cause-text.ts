/** Longest text of a cause that is repeated, in characters. */
const LONGEST_CAUSE = 300;

/**
 * Redis repeats what it was sent when it does not know a command: a password, where that is `AUTH`. Everything
 * that follows goes.
 */
const REPEATED_ARGUMENTS = /,? with args beginning with:.*$/s;

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
    .replace(REPEATED_ARGUMENTS, '')
    .toWellFormed()
    .replaceAll(UNSEEN, ' ')
    .trim();
  return line.length > LONGEST_CAUSE
    ? `${line.slice(0, LONGEST_CAUSE).toWellFormed()}…`
    : line;
}

/**
 * A cause as a host may print it, with all that it holds: ioredis puts onto an error the command that failed,
 * and so passwords, ids and records.
 */
export function printableCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) {
    return cause;
  }
  const copy: NodeJS.ErrnoException = new Error(textOfCause(cause));
  copy.name = cause.name;
  const frames = (cause.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '));
  copy.stack = [`${copy.name}: ${copy.message}`, ...frames].join('\n');
  if ('code' in cause && typeof cause.code === 'string') {
    copy.code = cause.code;
  }
  return copy;
}
