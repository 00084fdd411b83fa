import { DEFAULT_CONTEXT, MAX_CONTEXT } from '../analytics/find-request.js';
import { IsWholeNumberParameter } from './whole-number-parameter.js';

/** Query string of `GET /requests/:requestId`. */
export class RequestContextQuery {
  /** Requests to show before and after. */
  @IsWholeNumberParameter(0, MAX_CONTEXT)
  context: number = DEFAULT_CONTEXT;
}
