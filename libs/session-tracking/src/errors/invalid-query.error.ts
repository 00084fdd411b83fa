import { printValue } from './print-value.js';
import { SessionTrackingError } from './session-tracking.error.js';

/** A question was asked with a parameter that cannot be answered; the message begins with its name. */
export class InvalidQueryError extends SessionTrackingError {
  /** @param value what the parameter is, where it is wrong by itself and no part of an address */
  constructor(
    readonly field: string,
    problem: string,
    value?: unknown,
  ) {
    super(
      `${field} ${problem}${value === undefined ? '' : `; it is ${printValue(value)}`}`,
    );
  }
}
