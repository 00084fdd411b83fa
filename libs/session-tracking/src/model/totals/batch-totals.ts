import { sessionOwner } from '../clients/client-groups.js';
import { bucketOf } from './duration-buckets.js';
import { toMicroseconds } from '../records/durations.js';
import { entryOf } from '../entry-of.js';
import { arrivalOf, type Exchange } from '../records/exchange.js';
import {
  FIRST_ERROR_STATUS,
  FIRST_SERVER_ERROR_STATUS,
  type ResponseRecord,
} from '../records/records.js';
import {
  type ClientTotals,
  emptyClientTotals,
  emptyRequestTotals,
  type RequestTotals,
} from './request-totals.js';
import { routeNameOf } from '../records/route-name.js';

/** Stands for what belongs to no route: responses whose requests are not known. */
export const UNROUTED = '';

/** The minute in which the request of an exchange arrived: Unix time in seconds at which it begins. */
export function minuteOf(exchange: Exchange): number {
  return Math.floor(arrivalInTotals(exchange) / 60) * 60;
}

/**
 * Adds up exchanges by minute, then by method and route template, `GET /users/:id`, or `UNROUTED`;
 * together they are all there is.
 */
export function routeTotalsByMinute(
  exchanges: readonly Exchange[],
): Map<number, Map<string, RequestTotals>> {
  const minutes = new Map<number, Map<string, RequestTotals>>();
  for (const exchange of exchanges) {
    const { request, response } = exchange;
    const routed = request ?? exchange.answers;
    const totals = entryOf(
      entryOf(minutes, minuteOf(exchange), newMap<RequestTotals>),
      routed === undefined ? UNROUTED : routeNameOf(routed),
      emptyRequestTotals,
    );
    if (request !== undefined) {
      totals.requests += 1;
    }
    if (response !== undefined) {
      addResponse(totals, response);
    }
  }
  return minutes;
}

/** Adds up exchanges by minute, then by the owner of the session: `user:42`, `ip:192.0.2.1`. */
export function clientTotalsByMinute(
  exchanges: readonly Exchange[],
): Map<number, Map<string, ClientTotals>> {
  const minutes = new Map<number, Map<string, ClientTotals>>();
  for (const exchange of exchanges) {
    const { client, request, response } = exchange;
    const totals = entryOf(
      entryOf(minutes, minuteOf(exchange), newMap<ClientTotals>),
      sessionOwner(client),
      emptyClientTotals,
    );
    if (request !== undefined) {
      totals.requests += 1;
    }
    if (response !== undefined) {
      totals.responses += 1;
      totals.errors += response.status_code >= FIRST_ERROR_STATUS ? 1 : 0;
      totals.durationMicroseconds += toMicroseconds(response.duration_ms);
    }
  }
  return minutes;
}

/** As `arrivalOf`, but sure to be a number whatever a host calls a duration. */
function arrivalInTotals(exchange: Exchange): number {
  const arrival = exchange.answers?.timestamp ?? arrivalOf(exchange);
  return Number.isFinite(arrival)
    ? arrival
    : (exchange.response?.timestamp ?? 0);
}

function addResponse(
  totals: RequestTotals,
  { status_code, duration_ms }: ResponseRecord,
): void {
  const microseconds = toMicroseconds(duration_ms);
  const bucket = bucketOf(microseconds);
  totals.responses += 1;
  if (status_code >= FIRST_SERVER_ERROR_STATUS) {
    totals.serverErrors += 1;
  } else if (status_code >= FIRST_ERROR_STATUS) {
    totals.clientErrors += 1;
  }
  totals.durationMicroseconds += microseconds;
  totals.longestMicroseconds = Math.max(
    totals.longestMicroseconds,
    microseconds,
  );
  totals.durations.set(bucket, (totals.durations.get(bucket) ?? 0) + 1);
}

function newMap<T>(): Map<string, T> {
  return new Map();
}
