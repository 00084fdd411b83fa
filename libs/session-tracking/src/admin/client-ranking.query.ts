import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import {
  CLIENT_ORDERS,
  type ClientOrder,
  DEFAULT_CLIENTS,
  MAX_CLIENTS,
} from '../analytics/clients.js';
import { WindowParameters } from './window-parameters.js';

/** Query string of `GET /clients`. */
export class ClientRankingQuery extends WindowParameters {
  /** What makes a client come first. */
  @IsOptional()
  @IsIn(CLIENT_ORDERS)
  sort: ClientOrder = 'requests';

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_CLIENTS)
  limit: number = DEFAULT_CLIENTS;
}
