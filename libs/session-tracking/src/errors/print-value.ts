import { quoteVisibly } from './quote-visibly.js';

/** Longest beginning of a value that is printed, in characters. */
const LONGEST_VALUE = 100;

/** A wrong value as a message shows it. What a client sent may get here, and from here into a log. */
export function printValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > LONGEST_VALUE
      ? `${quoteVisibly(value.slice(0, LONGEST_VALUE))}…`
      : quoteVisibly(value);
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  const isPrimitive = Object(value) !== value;
  return isPrimitive ? String(value) : `of the type ${typeof value}`;
}
