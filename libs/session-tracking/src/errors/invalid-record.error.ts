import { quoteVisibly } from './quote-visibly.js';
import { SessionTrackingError } from './session-tracking.error.js';

/** Longest beginning of a value that is printed, in characters. */
const LONGEST_VALUE = 100;

/** `recordRequest` or `recordResponse` was given a record that cannot be stored. */
export class InvalidRecordError extends SessionTrackingError {
  constructor(field: string, value: unknown, takes: string) {
    super(`The record's ${field} is ${print(value)}; it takes ${takes}.`);
  }
}

/** What a client sent may get here, and from here into a log. */
function print(value: unknown): string {
  if (typeof value === 'string') {
    return quoteVisibly(value.slice(0, LONGEST_VALUE));
  }
  if (Array.isArray(value)) {
    return 'an array';
  }
  const isPrimitive = Object(value) !== value;
  return isPrimitive ? String(value) : `of the type ${typeof value}`;
}
