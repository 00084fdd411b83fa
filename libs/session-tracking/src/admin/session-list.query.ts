import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import {
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_SIZE,
} from '../analytics/session-search.js';
import { IsBooleanParameter } from './boolean-parameter.js';
import { IsAddressParameter, IsUserIdParameter } from './client-parameters.js';
import { IsUnixTime } from './unix-time.js';
import { IsWholeNumberParameter } from './whole-number-parameter.js';

/** Query string of `GET /sessions`. */
export class SessionListQuery {
  /** Sessions per page. */
  @IsWholeNumberParameter(1, MAX_PAGE_SIZE)
  limit: number = DEFAULT_PAGE_SIZE;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @MaxLength(200)
  @MinLength(1)
  @IsString()
  cursor?: string;

  @IsUserIdParameter()
  user_id?: string;

  @IsAddressParameter()
  ip?: string;

  /** `true`: only sessions with errors; `false`: only those without. */
  @IsBooleanParameter()
  has_errors?: boolean;

  /** Created at or after: Unix time in seconds, or an ISO 8601 date. */
  @IsUnixTime()
  since?: number;

  /** Created at or before: Unix time in seconds, or an ISO 8601 date. */
  @IsUnixTime()
  until?: number;
}
