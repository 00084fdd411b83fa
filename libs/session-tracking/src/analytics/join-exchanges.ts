import { entryOf } from '../model/entry-of.js';
import type {
  RequestRecord,
  ResponseRecord,
} from '../model/records/records.js';

/** A request with its response; null while none is stored. */
export interface JoinedExchange {
  request: RequestRecord;
  response: ResponseRecord | null;
}

/**
 * Joins requests with their responses, both in stored order. Where an id repeats, the last request
 * that bears it goes with the last response and so on: the heads of the lists may be trimmed.
 */
export function joinExchanges(
  requests: readonly RequestRecord[],
  responses: readonly ResponseRecord[],
): JoinedExchange[] {
  const responsesById = new Map<string, ResponseRecord[]>();
  for (const response of responses) {
    entryOf(responsesById, response.request_id, () => []).push(response);
  }
  return requests
    .toReversed()
    .map((request) => ({
      request,
      response: responsesById.get(request.request_id)?.pop() ?? null,
    }))
    .toReversed();
}
