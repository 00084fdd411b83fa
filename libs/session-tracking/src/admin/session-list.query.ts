import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsInt,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
} from 'class-validator';
import {
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_SIZE,
} from '../analytics/session-search.js';
import { IsUnixTime } from './unix-time.js';

/**
 * Query string of `GET /sessions`. The transform reads what was sent, not `value`: a host's own
 * validation pipe may have converted that by type, which makes `false` true.
 */
export class SessionListQuery {
  /** Sessions per page. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE_SIZE)
  limit: number = DEFAULT_PAGE_SIZE;

  /** `next_cursor` of the page before. */
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  cursor?: string;

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

  /** `true`: only sessions with errors; `false`: only those without. */
  @IsOptional()
  @Transform(({ obj, key }) => toBoolean(obj[key]))
  @IsBoolean({ message: 'has_errors must be true or false' })
  has_errors?: boolean;

  /** Created at or after: Unix time in seconds, or an ISO 8601 date. */
  @IsUnixTime()
  since?: number;

  /** Created at or before: Unix time in seconds, or an ISO 8601 date. */
  @IsUnixTime()
  until?: number;
}

function toBoolean(value: unknown): unknown {
  switch (value) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return value;
  }
}
