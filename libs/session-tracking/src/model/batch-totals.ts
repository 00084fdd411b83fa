import { sessionOwner } from './client-groups.js';
import { bucketOf } from './duration-buckets.js';
import { toMicroseconds } from './durations.js';
import { arrivalOf, type Exchange } from './exchange.js';
import {
  FIRST_ERROR_STATUS,
  FIRST_SERVER_ERROR_STATUS,
  type ResponseRecord,
} from './records.js';
import {
  type ClientTotals,
  emptyClientTotals,
  emptyRequestTotals,
  type RequestTotals,
} from './request-totals.js';
import { routeNameOf } from './route-name.js';

/** Stands for what belongs to no route: responses whose requests are not known. */
export const UNROUTED = '';

/** What a batch adds to the totals of one minute. */
export interface MinuteTotals {
  /** Unix time in seconds at which the minute begins. */
  readonly start: number;
  /** By method and route template, `GET /users/:id`, or `UNROUTED`; together they are all there is. */
  readonly routes: Map<string, RequestTotals>;
  /** By the owner of the session: `user:42`, `ip:192.0.2.1`. */
  readonly clients: Map<string, ClientTotals>;
}

/** Adds up exchanges by the minute in which each request arrived. */
export function totalsByMinute(exchanges: readonly Exchange[]): MinuteTotals[] {
  const minutes = new Map<number, MinuteTotals>();
  for (const exchange of exchanges) {
    addExchange(minuteOf(minutes, exchange), exchange);
  }
  return [...minutes.values()];
}

function minuteOf(
  minutes: Map<number, MinuteTotals>,
  exchange: Exchange,
): MinuteTotals {
  const start = Math.floor(arrivalInTotals(exchange) / 60) * 60;
  let minute = minutes.get(start);
  if (minute === undefined) {
    minute = {
      start,
      routes: new Map(),
      clients: new Map(),
    };
    minutes.set(start, minute);
  }
  return minute;
}

/** As `arrivalOf`, but sure to be a number whatever a host calls a duration. */
function arrivalInTotals(exchange: Exchange): number {
  const arrival = exchange.answers?.timestamp ?? arrivalOf(exchange);
  return Number.isFinite(arrival)
    ? arrival
    : (exchange.response?.timestamp ?? 0);
}

function addExchange(minute: MinuteTotals, exchange: Exchange): void {
  const { request, response } = exchange;
  const routed = request ?? exchange.answers;
  const route = totalsOf(
    minute.routes,
    routed === undefined ? UNROUTED : routeNameOf(routed),
    emptyRequestTotals,
  );
  const client = totalsOf(
    minute.clients,
    sessionOwner(exchange.client),
    emptyClientTotals,
  );
  if (request !== undefined) {
    route.requests += 1;
    client.requests += 1;
  }
  if (response !== undefined) {
    const microseconds = toMicroseconds(response.duration_ms);
    addResponse(route, response, microseconds);
    client.responses += 1;
    client.errors += response.status_code >= FIRST_ERROR_STATUS ? 1 : 0;
    client.durationMicroseconds += microseconds;
  }
}

function addResponse(
  totals: RequestTotals,
  { status_code }: ResponseRecord,
  microseconds: number,
): void {
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

function totalsOf<T>(all: Map<string, T>, name: string, makeEmpty: () => T): T {
  let totals = all.get(name);
  if (totals === undefined) {
    totals = makeEmpty();
    all.set(name, totals);
  }
  return totals;
}
