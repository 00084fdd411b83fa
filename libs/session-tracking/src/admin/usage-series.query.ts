import { IsOptional, Matches } from 'class-validator';
import { DURATION_TAKES, DURATION_TEXT } from '../analytics/duration-text.js';
import { WindowParameters } from './window-parameters.js';

/** Query string of `GET /usage`. */
export class UsageSeriesQuery extends WindowParameters {
  /** Length of each step. */
  @IsOptional()
  @Matches(DURATION_TEXT, { message: `step ${DURATION_TAKES}` })
  step?: string;
}
