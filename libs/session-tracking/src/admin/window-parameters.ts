import { IsOptional, Matches } from 'class-validator';
import { DURATION_TAKES, DURATION_TEXT } from '../analytics/duration-text.js';
import { IsUnixTime } from './unix-time.js';

/** The parameters with which every question about a stretch of time says which one it means. */
export class WindowParameters {
  /** A stretch that ends now: `90s`, `5m`, `1h`, `24h`, `7d`. */
  @IsOptional()
  @Matches(DURATION_TEXT, { message: `window ${DURATION_TAKES}` })
  window?: string;

  /** Where it begins instead: Unix time in seconds, or an ISO 8601 date. */
  @IsUnixTime()
  since?: number;

  /** Where it ends instead: Unix time in seconds, or an ISO 8601 date. */
  @IsUnixTime()
  until?: number;
}
