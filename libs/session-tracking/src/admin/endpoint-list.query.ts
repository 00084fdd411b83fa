import { Type } from 'class-transformer';
import {
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import { DEFAULT_ENDPOINTS, MAX_ENDPOINTS } from '../analytics/endpoints.js';
import { WindowParameters } from './window-parameters.js';

/** Query string of `GET /endpoints`. */
export class EndpointListQuery extends WindowParameters {
  /** The client whose figures are to stand beside everyone's: a user, or an address. */
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  user_id?: string;

  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(64)
  ip?: string;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_ENDPOINTS)
  limit: number = DEFAULT_ENDPOINTS;
}
