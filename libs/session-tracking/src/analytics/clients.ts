import {
  type ClientTotals,
  emptyClientTotals,
  OTHER,
  sumOfClientTotals,
} from '../model/totals/request-totals.js';
import { slotsBetween } from '../model/totals/time-slot.js';
import type { SessionStore } from '../store/session-store.js';
import { ratePer } from './endpoint-figures.js';
import { fitDefault } from './fit-default.js';
import { foldEach } from './fold-each.js';
import { beyondHorizon, type Horizon } from './horizon.js';
import { checkOneOf, checkWholeNumber } from './query-checks.js';
import { alignWindow, readWindow, type WindowQuery } from './time-window.js';
import { topOf } from './top-of.js';

const HOUR = 3600;

/** What makes a client come first: the most requests, the most errors, or the longest mean duration. */
export const CLIENT_ORDERS = ['requests', 'errors', 'slowest'] as const;

export type ClientOrder = (typeof CLIENT_ORDERS)[number];

/** Which clients to rank, and by what. */
export interface ClientsQuery extends WindowQuery {
  /** Default `requests`. */
  sort?: ClientOrder | undefined;
  /** Clients listed, 1 to 200. Default 20. */
  limit?: number | undefined;
}

/** What one client did in a window. */
export interface RankedClient {
  /** Of a signed-in client. */
  user_id?: string;
  /** Of an anonymous client. */
  client_ip?: string;
  requests: number;
  /** Responses with a status of 400 or more. */
  errors: number;
  /** Errors per request; 0 without requests. */
  error_rate: number;
  avg_duration_ms: number;
  total_duration_ms: number;
}

/** The clients that stand out in a window. */
export interface ClientsReport {
  /** Unix time in seconds. */
  since: number;
  /** Unix time in seconds. */
  until: number;
  sort: ClientOrder;
  clients: RankedClient[];
  /** Of clients that found no place in the totals, because very many others came first. */
  other: { requests: number; errors: number };
}

export const DEFAULT_CLIENTS = 20;
export const MAX_CLIENTS = 200;

/**
 * Ranks clients over a window.
 *
 * @throws InvalidQueryError
 */
export async function rankClients(
  store: Pick<SessionStore, 'clientSlotLength' | 'readClients'>,
  query: ClientsQuery,
  horizon: Horizon,
): Promise<ClientsReport> {
  const { sort = 'requests', limit = DEFAULT_CLIENTS } = query;
  checkOneOf('sort', sort, CLIENT_ORDERS);
  checkWholeNumber('limit', limit, 1, MAX_CLIENTS);
  const { since, until } = planClientWindow(
    query,
    horizon,
    store.clientSlotLength,
  );
  const sums = new Map<string, Readonly<ClientTotals>>();
  await foldEach(
    slotsBetween(since, until, [store.clientSlotLength]),
    (slot) => store.readClients(slot),
    (clients) => addClients(sums, clients),
  );
  const { requests, errors } = sums.get(OTHER) ?? emptyClientTotals();
  sums.delete(OTHER);
  return {
    since,
    until,
    sort,
    clients: topOf(
      sums,
      limit,
      ([, a], [, b]) =>
        WEIGHT[sort](b) - WEIGHT[sort](a) || b.requests - a.requests,
    ).map(([owner, totals]) => describe(owner, totals)),
    other: { requests, errors },
  };
}

const WEIGHT: Readonly<Record<ClientOrder, (totals: ClientTotals) => number>> =
  {
    requests: ({ requests }) => requests,
    errors: ({ errors }) => errors,
    slowest: ({ responses, durationMicroseconds }) =>
      ratePer(responses, durationMicroseconds),
  };

function planClientWindow(
  query: WindowQuery,
  horizon: Horizon,
  slotLength: number,
): { since: number; until: number } {
  const seconds = horizon.clientSeconds;
  const asked = fitDefault(
    readWindow(query, HOUR, horizon.now),
    query,
    horizon.now - seconds,
  );
  if (!horizon.reaches(asked.since, slotLength, seconds)) {
    throw beyondHorizon(
      asked,
      'the data of clients',
      seconds,
      ' (sessionTtlSeconds, retentionSeconds)',
    );
  }
  return alignWindow(asked, horizon.earliest(slotLength, seconds), slotLength);
}

function addClients(
  sums: Map<string, Readonly<ClientTotals>>,
  clients: ReadonlyMap<string, Readonly<ClientTotals>>,
): void {
  for (const [owner, totals] of clients) {
    const before = sums.get(owner);
    // Most are in few slots: what the store gave stands for them until there is more.
    sums.set(
      owner,
      before === undefined ? totals : sumOfClientTotals(before, totals),
    );
  }
}

function describe(owner: string, totals: ClientTotals): RankedClient {
  const { requests, errors, responses } = totals;
  const total = totals.durationMicroseconds / 1000;
  return {
    ...nameOf(owner),
    requests,
    errors,
    error_rate: ratePer(requests, errors),
    avg_duration_ms: ratePer(responses, total),
    total_duration_ms: total,
  };
}

function nameOf(owner: string): { user_id: string } | { client_ip: string } {
  return owner.startsWith(USER)
    ? { user_id: owner.slice(USER.length) }
    : { client_ip: owner.slice('ip:'.length) };
}

const USER = 'user:';
