import { SessionTrackingError } from './session-tracking.error.js';

/** One option that cannot be used as given. */
export interface InvalidOption {
  /** Path of the option, such as `flush.maxBatch`. */
  readonly option: string;
  /** The value as given, printed for a log line. */
  readonly value: string;
  /** What the option takes. */
  readonly takes: string;
}

/** Thrown at start-up; names every wrong option at once, so that one restart mends them all. */
export class InvalidOptionsError extends SessionTrackingError {
  constructor(readonly invalid: readonly InvalidOption[]) {
    const lines = invalid.map(
      ({ option, value, takes }) =>
        `  - ${option} is ${value}; it takes ${takes}`,
    );
    super(
      `SessionTrackingModule cannot start: ${invalid.length === 1 ? 'one option is' : `${invalid.length} options are`} wrong.\n${lines.join('\n')}`,
    );
  }
}
