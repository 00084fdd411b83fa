import { Transform } from 'class-transformer';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';
import { IsAddressParameter, IsUserIdParameter } from './client-parameters.js';

/** Query string of `GET /live`: which records to show; filters narrow each other. */
export class LiveQuery {
  @IsUserIdParameter()
  user_id?: string;

  @IsAddressParameter()
  ip?: string;

  @IsOptional()
  @Transform(({ obj, key }) => toUpperCase(obj[key]))
  @IsString()
  @MinLength(1)
  @MaxLength(32)
  method?: string;

  /** The route template, or `unmatched`. */
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(2048)
  route?: string;
}

function toUpperCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}
