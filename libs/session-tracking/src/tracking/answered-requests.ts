import { sessionOwner } from '../model/clients/client-groups.js';
import type { Client } from '../model/clients/client-identity.js';
import type { AnsweredRequest } from '../model/records/exchange.js';
import type { RequestRecord } from '../model/records/records.js';

/** Requests whose responses are waited for, at most; beyond that the one recorded first is forgotten. */
const MOST_REQUESTS = 10_000;

/**
 * Requests that were recorded without their responses: a response itself names neither route nor
 * arrival, by which totals count it.
 */
export class AnsweredRequests {
  private readonly requests = new Map<string, AnsweredRequest>();

  add(
    client: Client,
    { request_id, timestamp, method, route }: RequestRecord,
  ): void {
    const name = nameOf(client, request_id);
    this.requests.delete(name);
    this.requests.set(name, {
      timestamp,
      method,
      ...(route !== undefined && { route }),
    });
    const [oldest] = this.requests.keys();
    if (oldest !== undefined && this.requests.size > MOST_REQUESTS) {
      this.requests.delete(oldest);
    }
  }

  /** The request that a response answers; undefined where it is not known, or answered already. */
  take(client: Client, requestId: string): AnsweredRequest | undefined {
    const name = nameOf(client, requestId);
    const request = this.requests.get(name);
    this.requests.delete(name);
    return request;
  }
}

function nameOf(client: Client, requestId: string): string {
  return `${requestId} ${sessionOwner(client)}`;
}
