import { SessionTrackingError } from './session-tracking.error.js';

/** `recordRequest` or `recordResponse` was given a record that cannot be stored. */
export class InvalidRecordError extends SessionTrackingError {
  constructor(field: string, value: unknown, takes: string) {
    const printed =
      typeof value === 'string' ? JSON.stringify(value) : String(value);
    super(
      `The record's ${field} is ${printed.slice(0, 100)}; it takes ${takes}.`,
    );
  }
}
