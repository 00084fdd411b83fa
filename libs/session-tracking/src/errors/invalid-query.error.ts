import { SessionTrackingError } from './session-tracking.error.js';

/** A question was asked with a parameter that cannot be answered; the message begins with its name. */
export class InvalidQueryError extends SessionTrackingError {
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super(`${field} ${problem}`);
  }
}
