import { printableCause, textOfCause } from './cause-text.js';
import { SessionTrackingError } from './session-tracking.error.js';

/** The store did not answer, or refused; what was asked may be asked again. */
export class StoreUnavailableError extends SessionTrackingError {
  /**
   * @param mayBeDone false when it is certain that the store did nothing of what was asked
   */
  constructor(
    operation: string,
    cause: unknown,
    readonly mayBeDone: boolean = true,
  ) {
    const detail = textOfCause(cause).replace(/\.+$/, '');
    super(
      `The session store could not ${operation}: ${detail}. Check that Redis is up, reachable with the configured address and credentials, and takes writes.`,
      { cause: printableCause(cause) },
    );
  }
}
