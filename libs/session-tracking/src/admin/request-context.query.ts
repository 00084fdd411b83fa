import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { DEFAULT_CONTEXT, MAX_CONTEXT } from '../analytics/find-request.js';

/** Query string of `GET /requests/:requestId`. */
export class RequestContextQuery {
  /** Requests to show before and after. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(MAX_CONTEXT)
  context: number = DEFAULT_CONTEXT;
}
