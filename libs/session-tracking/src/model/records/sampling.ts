import { createHash } from 'node:crypto';
import { sessionOwner } from '../clients/client-groups.js';
import type { Client } from '../clients/client-identity.js';
import type { Exchange } from './exchange.js';
import { FIRST_ERROR_STATUS, type ResponseRecord } from './records.js';

/** Which requests are stored, where there are too many to store all. */
export interface SamplingPolicy {
  /** Share of the clients that are followed, from 0 to 1. */
  readonly rate: number;
  readonly keepErrors: boolean;
  readonly keepSlowMs: number;
}

/**
 * What sampling does with a request and its response. It is decided by a hash of the client, so that
 * what is followed is followed whole, by every instance.
 */
export function sampleExchange(
  policy: SamplingPolicy,
  client: Client,
  response: ResponseRecord,
): Exchange['sampling'] {
  if (policy.rate >= 1 || isFollowed(client, policy.rate)) {
    return undefined;
  }
  const kept =
    (policy.keepErrors && response.status_code >= FIRST_ERROR_STATUS) ||
    response.duration_ms >= policy.keepSlowMs;
  return kept ? 'kept' : 'left_out';
}

/** Whether sampling follows everything that a client does. */
export function isFollowed(client: Client, rate: number): boolean {
  const hash = createHash('sha1').update(sessionOwner(client)).digest();
  return hash.readUInt32BE(0) / 2 ** 32 < rate;
}
