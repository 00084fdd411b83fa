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
  @MaxLength(32)
  @MinLength(1)
  @IsString()
  method?: string;

  /** The route template, or `unmatched`. */
  @IsOptional()
  @MaxLength(2048)
  @MinLength(1)
  @IsString()
  route?: string;
}

function toUpperCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}
