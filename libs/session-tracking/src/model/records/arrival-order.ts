import type { SessionHistory } from './records.js';

/**
 * Puts records into the order of their timestamps. A store keeps them as requests ended, which
 * differs where a client has several under way at once.
 */
export function orderByArrival(history: SessionHistory): SessionHistory {
  return {
    ...history,
    requests: history.requests.toSorted(byTimestamp),
    responses: history.responses.toSorted(byTimestamp),
  };
}

function byTimestamp(
  a: { timestamp: number },
  b: { timestamp: number },
): number {
  return a.timestamp - b.timestamp;
}
