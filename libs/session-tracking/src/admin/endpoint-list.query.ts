import { DEFAULT_ENDPOINTS, MAX_ENDPOINTS } from '../analytics/endpoints.js';
import { IsAddressParameter, IsUserIdParameter } from './client-parameters.js';
import { WindowParameters } from './window-parameters.js';
import { IsWholeNumberParameter } from './whole-number-parameter.js';

/** Query string of `GET /endpoints`. */
export class EndpointListQuery extends WindowParameters {
  /** The client whose figures are to stand beside everyone's: a user, or an address. */
  @IsUserIdParameter()
  user_id?: string;

  @IsAddressParameter()
  ip?: string;

  @IsWholeNumberParameter(1, MAX_ENDPOINTS)
  limit: number = DEFAULT_ENDPOINTS;
}
