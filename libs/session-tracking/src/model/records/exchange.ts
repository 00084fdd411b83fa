import type { Client } from '../clients/client-identity.js';
import type { RequestRecord, ResponseRecord } from './records.js';

/** What totals have to know of the request that a lone response answers. */
export type AnsweredRequest = Pick<
  RequestRecord,
  'timestamp' | 'method' | 'route'
>;

/** What is stored in one go about one HTTP request: the request, its response, or both. */
export interface Exchange {
  readonly client: Client;
  readonly request?: RequestRecord;
  readonly response?: ResponseRecord;
  /** The request that was recorded before its response, where that is known. */
  readonly answers?: AnsweredRequest;
  /**
   * Set where sampling left the client out. `kept`: an error or a slow request, stored all the same.
   * `left_out`: added to the totals, and stored nowhere else.
   */
  readonly sampling?: 'kept' | 'left_out';
}

/** How many records an exchange holds. */
export function countRecords(exchange: Exchange): number {
  return (
    (exchange.request === undefined ? 0 : 1) +
    (exchange.response === undefined ? 0 : 1)
  );
}

/** When the request arrived, in Unix seconds; of a lone response, when its request must have. */
export function arrivalOf({ request, response }: Exchange): number {
  return (
    request?.timestamp ??
    (response === undefined
      ? 0
      : response.timestamp - response.duration_ms / 1000)
  );
}
