import type { Client } from './client-identity.js';
import type { RequestRecord, ResponseRecord } from './records.js';

/** What is stored in one go about one HTTP request: the request, its response, or both. */
export interface Exchange {
  readonly client: Client;
  readonly request?: RequestRecord;
  readonly response?: ResponseRecord;
}

/** How many records an exchange holds. */
export function countRecords(exchange: Exchange): number {
  return (
    (exchange.request === undefined ? 0 : 1) +
    (exchange.response === undefined ? 0 : 1)
  );
}
