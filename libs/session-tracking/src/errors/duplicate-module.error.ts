import { SessionTrackingError } from './session-tracking.error.js';

/** The application imports `SessionTrackingModule` more than once, so each request would have two owners. */
export class DuplicateModuleError extends SessionTrackingError {
  constructor(count: number) {
    super(
      `SessionTrackingModule is imported ${count} times in this application; import it once, in the root module. With isGlobal (the default) every module can inject SessionTracker and SessionAnalytics; otherwise keep what forRoot() returned in a constant and import that.`,
    );
  }
}
