import type { TimeSlot } from './time-slot.js';

/** What is added up over all requests of some stretch of time, sampled or not. */
export interface RequestTotals {
  requests: number;
  responses: number;
  /** Responses with a status from 400 to 499. */
  clientErrors: number;
  /** Responses with a status of 500 or more. */
  serverErrors: number;
  /** Sum of the durations in whole microseconds. */
  durationMicroseconds: number;
  longestMicroseconds: number;
  /** How many durations fell into each bucket of duration-buckets.ts. */
  readonly durations: Map<number, number>;
}

/** Totals of everything in a slot of time. */
export interface UsageTotals extends RequestTotals {
  newSessions: number;
}

/** Totals that others read too: copy them before you add to them. */
export type ReadonlyTotals<T extends RequestTotals = RequestTotals> = Readonly<
  Omit<T, 'durations'>
> & { readonly durations: ReadonlyMap<number, number> };

/** What is added up per client, while the client's data may be kept. */
export interface ClientTotals {
  requests: number;
  /** Responses with a status of 400 or more. */
  errors: number;
  responses: number;
  durationMicroseconds: number;
}

/** What was added up about one client in one slot. */
export interface ClientTotalsOfSlot {
  readonly slot: TimeSlot;
  readonly totals: ClientTotals;
}

/** Stands for the routes, or the clients, for which a slot had no place left. */
export const OTHER = 'other';

export function emptyRequestTotals(): RequestTotals {
  return {
    requests: 0,
    responses: 0,
    clientErrors: 0,
    serverErrors: 0,
    durationMicroseconds: 0,
    longestMicroseconds: 0,
    durations: new Map(),
  };
}

export function emptyUsageTotals(): UsageTotals {
  return { ...emptyRequestTotals(), newSessions: 0 };
}

export function emptyClientTotals(): ClientTotals {
  return { requests: 0, errors: 0, responses: 0, durationMicroseconds: 0 };
}

/** Adds the second totals to the first. */
export function addRequestTotals(
  sum: RequestTotals,
  totals: ReadonlyTotals,
): void {
  sum.requests += totals.requests;
  sum.responses += totals.responses;
  sum.clientErrors += totals.clientErrors;
  sum.serverErrors += totals.serverErrors;
  sum.durationMicroseconds += totals.durationMicroseconds;
  sum.longestMicroseconds = Math.max(
    sum.longestMicroseconds,
    totals.longestMicroseconds,
  );
  for (const [bucket, count] of totals.durations) {
    sum.durations.set(bucket, (sum.durations.get(bucket) ?? 0) + count);
  }
}

/** A sum of its own; both stay as they are. */
export function sumOfClientTotals(
  a: Readonly<ClientTotals>,
  b: Readonly<ClientTotals>,
): Readonly<ClientTotals> {
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    responses: a.responses + b.responses,
    durationMicroseconds: a.durationMicroseconds + b.durationMicroseconds,
  };
}
