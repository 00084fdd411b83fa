import { printValue } from './print-value.js';
import { SessionTrackingError } from './session-tracking.error.js';

/** `recordRequest` or `recordResponse` was given a record that cannot be stored. */
export class InvalidRecordError extends SessionTrackingError {
  constructor(field: string, value: unknown, takes: string) {
    super(`The record's ${field} is ${printValue(value)}; it takes ${takes}.`);
  }
}
