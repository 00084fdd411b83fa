import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { entryOf } from '../model/entry-of.js';
import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import {
  normalizeUserId,
  type StoredNames,
} from '../model/clients/client-identity.js';
import {
  addRequestTotals,
  emptyRequestTotals,
  OTHER,
  type ReadonlyTotals,
  type RequestTotals,
} from '../model/totals/request-totals.js';
import { splitRouteName } from '../model/records/route-name.js';
import { slotsBetween } from '../model/totals/time-slot.js';
import type { SessionStore } from '../store/session-store.js';
import { namesOfAddress } from './address-parameter.js';
import { type ClientRecords, readClientRecords } from './client-records.js';
import {
  type EndpointFigures,
  figuresOfExchanges,
  figuresOfTotals,
} from './endpoint-figures.js';
import { planEndpointWindow } from './endpoint-window.js';
import { foldEach } from './fold-each.js';
import type { Horizon } from './horizon.js';
import { mapWithBreaks } from './map-with-breaks.js';
import { checkText, checkWholeNumber } from './query-checks.js';
import type { WindowQuery } from './time-window.js';

/** Which endpoints to measure, and for whom. */
export interface EndpointsQuery extends WindowQuery {
  /** Only what this user called, beside everyone's figures. */
  user_id?: string | undefined;
  /** The same for the sessions that began at this address; not both. */
  ip?: string | undefined;
  /** Endpoints listed, 1 to 1,000. Default 200. */
  limit?: number | undefined;
}

/** One endpoint, over all requests of the window. */
export interface Endpoint extends EndpointFigures {
  method: string;
  /** The route template, or `unmatched`. */
  route: string;
  /** Exact figures of the client's own records; only where a client was asked for. */
  client?: EndpointFigures;
  /** The client's p95 divided by everyone's; null where that is 0. */
  ratio?: number | null;
}

/** Whose own figures stand beside everyone's, and how complete its records are. */
export interface EndpointClient {
  user_id?: string;
  client_ip?: string;
  /** Sessions with traffic since the window began. */
  sessions: number;
  /** Older sessions that were not read, because the others had more than 50,000 requests. */
  sessions_skipped: number;
  /** True when sampling left the client out: its figures are of errors and slow requests only. */
  partial: boolean;
  /** Records of these sessions that are no longer kept, whether of this window or from before. */
  trimmed: { requests: number; responses: number };
}

/** What each endpoint was called for, failed and took. */
export interface EndpointsReport {
  /** Unix time in seconds; the figures are of requests that arrived from here on. */
  since: number;
  /** Unix time in seconds; requests that arrived before. */
  until: number;
  client?: EndpointClient;
  /** Busiest first; where a client was asked for, worst ratio first. */
  endpoints: Endpoint[];
  /** Requests whose route found no place in the totals. */
  other: { count: number; error_count: number };
}

export const DEFAULT_ENDPOINTS = 200;
export const MAX_ENDPOINTS = 1000;

type EndpointStore = Pick<
  SessionStore,
  'readRoutes' | 'listSessionsOfClient' | 'readSession'
>;

/**
 * Measures endpoints over a window, for everyone and, where asked, for one client beside that.
 *
 * @throws InvalidQueryError
 */
export async function measureEndpoints(
  store: EndpointStore,
  query: EndpointsQuery,
  horizon: Horizon,
  addresses: AddressAnonymizer,
): Promise<EndpointsReport> {
  const { limit = DEFAULT_ENDPOINTS } = query;
  checkWholeNumber('limit', limit, 1, MAX_ENDPOINTS);
  const client = clientOf(query, addresses);
  const { since, until, lengths } = planEndpointWindow(query, horizon);
  const routes = new Map<string, RequestTotals>();
  const [, records] = await Promise.all([
    foldEach(
      slotsBetween(since, until, lengths),
      (slot) => store.readRoutes(slot),
      (slotRoutes) => addRoutes(routes, slotRoutes),
    ),
    client && readClientRecords(store, client, { since, until }),
  ]);
  const { requests, clientErrors, serverErrors } =
    routes.get(OTHER) ?? emptyRequestTotals();
  routes.delete(OTHER);
  // What is still to come of a window has no requests yet.
  const seconds = Math.max(1, Math.min(until, horizon.now) - since);
  return {
    since,
    until,
    ...(client && records && { client: describeClient(client, records) }),
    endpoints: records
      ? await worstForClient(routes, records, seconds, limit)
      : await busiest(routes, seconds, limit),
    other: { count: requests, error_count: clientErrors + serverErrors },
  };
}

/** The client that was asked for, in the store's own spelling where it can be anyone's. */
function clientOf(
  { user_id, ip }: EndpointsQuery,
  addresses: AddressAnonymizer,
): StoredNames | undefined {
  checkText('user_id', user_id);
  if (user_id !== undefined && ip !== undefined) {
    throw new InvalidQueryError('ip', 'must not stand beside user_id');
  }
  if (user_id !== undefined) {
    return [{ userId: normalizeUserId(user_id) }];
  }
  return ip === undefined ? undefined : namesOfAddress(ip, addresses);
}

function addRoutes(
  sums: Map<string, RequestTotals>,
  routes: ReadonlyMap<string, ReadonlyTotals>,
): void {
  for (const [name, totals] of routes) {
    addRequestTotals(entryOf(sums, name, emptyRequestTotals), totals);
  }
}

async function busiest(
  routes: ReadonlyMap<string, RequestTotals>,
  seconds: number,
  limit: number,
): Promise<Endpoint[]> {
  const listed = [...routes]
    .toSorted(([, a], [, b]) => b.requests - a.requests)
    .slice(0, limit);
  return mapWithBreaks(listed, ([name, totals]) => ({
    ...splitRouteName(name),
    ...figuresOfTotals(totals, seconds),
  }));
}

async function worstForClient(
  routes: ReadonlyMap<string, RequestTotals>,
  { exchanges }: ClientRecords,
  seconds: number,
  limit: number,
): Promise<Endpoint[]> {
  const endpoints = await mapWithBreaks(exchanges, ([name, own]) => {
    const everyone = figuresOfTotals(
      routes.get(name) ?? emptyRequestTotals(),
      seconds,
    );
    const client = figuresOfExchanges(own, seconds);
    const ratio = everyone.p95 === 0 ? null : client.p95 / everyone.p95;
    return { ...splitRouteName(name), ...everyone, client, ratio };
  });
  return endpoints
    .toSorted(
      (a, b) =>
        (b.ratio ?? -1) - (a.ratio ?? -1) || b.client.count - a.client.count,
    )
    .slice(0, limit);
}

function describeClient(
  [client]: StoredNames,
  { sessions, sessionsSkipped, partial, trimmed }: ClientRecords,
): EndpointClient {
  const name =
    client.userId === undefined
      ? { client_ip: client.ip }
      : { user_id: client.userId };
  return {
    ...name,
    sessions,
    sessions_skipped: sessionsSkipped,
    partial,
    trimmed,
  };
}
