import { toMicroseconds } from '../records/durations.js';
import type { Exchange } from '../records/exchange.js';
import { FIRST_ERROR_STATUS } from '../records/records.js';

/** What some exchanges of one client add to its session's counters. */
export interface SessionTotals {
  /** Unix time in seconds of the earliest record. */
  firstAt: number;
  /** Unix time in seconds of the latest record. */
  lastAt: number;
  responses: number;
  errors: number;
  /** Sum of the durations in whole microseconds, so that adding stays exact. */
  durationMicroseconds: number;
}

/** Adds up the exchanges of one client. */
export function totalOf(exchanges: readonly Exchange[]): SessionTotals {
  const totals: SessionTotals = {
    firstAt: Number.POSITIVE_INFINITY,
    lastAt: 0,
    responses: 0,
    errors: 0,
    durationMicroseconds: 0,
  };
  for (const { request, response } of exchanges) {
    if (request !== undefined) {
      totals.firstAt = Math.min(totals.firstAt, request.timestamp);
      totals.lastAt = Math.max(totals.lastAt, request.timestamp);
    }
    if (response !== undefined) {
      totals.firstAt = Math.min(totals.firstAt, response.timestamp);
      totals.lastAt = Math.max(totals.lastAt, response.timestamp);
      totals.responses += 1;
      totals.errors += response.status_code >= FIRST_ERROR_STATUS ? 1 : 0;
      totals.durationMicroseconds += toMicroseconds(response.duration_ms);
    }
  }
  return totals;
}
