import { IsBooleanParameter } from './boolean-parameter.js';

/** Query string of `GET /sessions/:id/journey`. */
export class JourneyFollowQuery {
  /** Whether to add the sessions that are linked to this one. */
  @IsBooleanParameter()
  follow: boolean = false;
}
