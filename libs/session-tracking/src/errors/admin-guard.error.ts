import { textOfCause } from './cause-text.js';
import { SessionTrackingError } from './session-tracking.error.js';

/** A guard of `admin.guards` cannot be built at start-up. */
export class AdminGuardError extends SessionTrackingError {
  constructor(guard: string, cause: unknown) {
    super(
      `admin.guards: ${guard} cannot be built (${textOfCause(cause)}). List it in the providers of one of your modules, or pass the module that exports what it needs as \`imports\` to SessionTrackingModule.`,
      { cause },
    );
  }
}
