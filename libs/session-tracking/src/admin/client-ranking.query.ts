import { IsIn, IsOptional } from 'class-validator';
import {
  CLIENT_ORDERS,
  type ClientOrder,
  DEFAULT_CLIENTS,
  MAX_CLIENTS,
} from '../analytics/clients.js';
import { WindowParameters } from './window-parameters.js';
import { IsWholeNumberParameter } from './whole-number-parameter.js';

/** Query string of `GET /clients`. */
export class ClientRankingQuery extends WindowParameters {
  /** What makes a client come first. */
  @IsOptional()
  @IsIn(CLIENT_ORDERS)
  sort: ClientOrder = 'requests';

  @IsWholeNumberParameter(1, MAX_CLIENTS)
  limit: number = DEFAULT_CLIENTS;
}
