import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { DEFAULT_ENDPOINTS, MAX_ENDPOINTS } from '../analytics/endpoints.js';
import { IsAddressParameter, IsUserIdParameter } from './client-parameters.js';
import { WindowParameters } from './window-parameters.js';

/** Query string of `GET /endpoints`. */
export class EndpointListQuery extends WindowParameters {
  /** The client whose figures are to stand beside everyone's: a user, or an address. */
  @IsUserIdParameter()
  user_id?: string;

  @IsAddressParameter()
  ip?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_ENDPOINTS)
  limit: number = DEFAULT_ENDPOINTS;
}
