import { toMicroseconds } from '../model/records/durations.js';
import { FIRST_ERROR_STATUS } from '../model/records/records.js';
import type { RequestTotals } from '../model/totals/request-totals.js';
import { durationPercentiles } from './duration-percentiles.js';
import type { JoinedExchange } from './join-exchanges.js';
import { percentile } from './percentile.js';

/** How often something was called, how often it failed, and how long it took in milliseconds. */
export interface EndpointFigures {
  count: number;
  /** Requests per second, over the whole window of the answer; rounded to four digits. */
  rate: number;
  /** Responses with a status of 400 or more. */
  error_count: number;
  /** Errors per request; 0 without requests. */
  error_rate: number;
  avg: number;
  p50: number;
  p95: number;
  p99: number;
  max: number;
}

/** Digits of a rate: a window may have one request in a month, or thousands in a second. */
const RATE_DIGITS = 4;

/**
 * The figures of totals; percentiles within 2 %.
 *
 * @param seconds length of the window that was added up
 */
export function figuresOfTotals(
  totals: RequestTotals,
  seconds: number,
): EndpointFigures {
  const [p50 = 0, p95 = 0, p99 = 0] = durationPercentiles(totals, [50, 95, 99]);
  const errors = totals.clientErrors + totals.serverErrors;
  return {
    count: totals.requests,
    rate: perSecond(totals.requests, seconds),
    error_count: errors,
    error_rate: ratePer(totals.requests, errors),
    avg: ratePer(totals.responses, totals.durationMicroseconds / 1000),
    p50,
    p95,
    p99,
    max: totals.longestMicroseconds / 1000,
  };
}

/**
 * The figures of records, exact.
 *
 * @param seconds length of the window that they are from
 */
export function figuresOfExchanges(
  exchanges: readonly JoinedExchange[],
  seconds: number,
): EndpointFigures {
  const responses = exchanges.flatMap(({ response }) => response ?? []);
  const microseconds = responses.map(({ duration_ms }) =>
    toMicroseconds(duration_ms),
  );
  const total = microseconds.reduce((sum, each) => sum + each, 0);
  // A typed array sorts numbers as such, and many times as fast.
  const sorted = Float64Array.from(
    microseconds,
    (each) => each / 1000,
  ).toSorted();
  const errors = responses.filter(
    ({ status_code }) => status_code >= FIRST_ERROR_STATUS,
  ).length;
  return {
    count: exchanges.length,
    rate: perSecond(exchanges.length, seconds),
    error_count: errors,
    error_rate: ratePer(exchanges.length, errors),
    avg: ratePer(responses.length, total / 1000),
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: sorted.at(-1) ?? 0,
  };
}

/** An amount for each of so many; 0 where there are none. */
export function ratePer(count: number, amount: number): number {
  return count === 0 ? 0 : amount / count;
}

function perSecond(requests: number, seconds: number): number {
  return Number(ratePer(seconds, requests).toPrecision(RATE_DIGITS));
}
