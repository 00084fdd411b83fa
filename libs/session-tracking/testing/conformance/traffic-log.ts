import type { Client } from '../../src/model/clients/client-identity.js';
import { durationOf } from '../../src/model/totals/duration-buckets.js';
import type { Exchange } from '../../src/model/records/exchange.js';
import type {
  ClientTotals,
  RequestTotals,
} from '../../src/model/totals/request-totals.js';
import type { TimeSlot } from '../../src/model/totals/time-slot.js';

/** An exchange as it was sent, and whether its client had been erased by then. */
interface LoggedExchange {
  readonly exchange: Exchange;
  readonly erasedBefore: boolean;
  /** Whether its client was erased afterwards. */
  erasedAfter: boolean;
}

/** What was sent to a store, in order, and what must follow from it, worked out from the raw records. */
export class TrafficLog {
  private readonly entries: LoggedExchange[] = [];

  /** Answers the outcome to expect. */
  note(exchange: Exchange, erasedBefore: boolean): 'stored' | 'erased' {
    this.entries.push({ exchange, erasedBefore, erasedAfter: false });
    return erasedBefore && exchange.sampling !== 'left_out'
      ? 'erased'
      : 'stored';
  }

  erase(name: string): void {
    for (const entry of this.entries) {
      entry.erasedAfter ||= nameOf(entry.exchange.client) === name;
    }
  }

  /** What stands in the session of a client. */
  inSession(name: string): Exchange[] {
    return this.remaining().filter(
      ({ client, sampling }) =>
        nameOf(client) === name && sampling !== 'left_out',
    );
  }

  everything(slot: TimeSlot): Exchange[] {
    return this.entries
      .map(({ exchange }) => exchange)
      .filter((exchange) => liesIn(exchange, slot));
  }

  ofClients(slot: TimeSlot): Exchange[] {
    return this.remaining().filter((exchange) => liesIn(exchange, slot));
  }

  private remaining(): Exchange[] {
    return this.entries
      .filter(({ erasedBefore, erasedAfter }) => !erasedBefore && !erasedAfter)
      .map(({ exchange }) => exchange);
  }
}

export function nameOf({ userId, ip }: Client): string {
  return userId ? `user:${userId}` : `ip:${ip}`;
}

export function routeOf({ request }: Exchange): string | undefined {
  return request && `${request.method} ${request.route ?? 'unmatched'}`;
}

function liesIn({ request, response }: Exchange, slot: TimeSlot): boolean {
  const arrival =
    request === undefined
      ? (response?.timestamp ?? 0) - (response?.duration_ms ?? 0) / 1000
      : request.timestamp;
  return arrival >= slot.start && arrival < slot.start + slot.length;
}

/** The exchanges by some name; those without one are left out. */
export function groupBy(
  exchanges: readonly Exchange[],
  naming: (exchange: Exchange) => string | undefined,
): Map<string, Exchange[]> {
  const names = new Set(exchanges.map(naming));
  names.delete(undefined);
  return new Map(
    [...names].map((name) => [
      String(name),
      exchanges.filter((exchange) => naming(exchange) === name),
    ]),
  );
}

/** Totals without the buckets of durations, from the raw records. */
export function expectedTotals(
  exchanges: readonly Exchange[],
): Omit<RequestTotals, 'durations'> {
  const statuses = statusesOf(exchanges);
  const durations = durationsOf(exchanges);
  return {
    requests: exchanges.filter(({ request }) => request).length,
    responses: statuses.length,
    clientErrors: statuses.filter((status) => String(status).startsWith('4'))
      .length,
    serverErrors: statuses.filter((status) => String(status).startsWith('5'))
      .length,
    durationMicroseconds: Math.round(
      durations.reduce((sum, duration) => sum + duration, 0),
    ),
    longestMicroseconds: Math.round(Math.max(0, ...durations)),
  };
}

export function expectedClientTotals(
  exchanges: readonly Exchange[],
): ClientTotals {
  const { requests, responses, clientErrors, serverErrors, ...totals } =
    expectedTotals(exchanges);
  return {
    requests,
    responses,
    errors: clientErrors + serverErrors,
    durationMicroseconds: totals.durationMicroseconds,
  };
}

export function statusesOf(exchanges: readonly Exchange[]): number[] {
  return exchanges.flatMap(({ response }) =>
    response ? [response.status_code] : [],
  );
}

/** Durations in microseconds, shortest first. */
export function durationsOf(exchanges: readonly Exchange[]): number[] {
  return exchanges
    .flatMap(({ response }) => (response ? [response.duration_ms * 1000] : []))
    .toSorted((a, b) => a - b);
}

/** How far the durations that buckets stand for are from the real ones, at worst, as a share. */
export function worstBucketError(
  durations: ReadonlyMap<number, number>,
  exchanges: readonly Exchange[],
): number {
  const estimated = [...durations]
    .toSorted(([a], [b]) => a - b)
    .flatMap(([bucket, count]) =>
      Array.from({ length: count }, () => durationOf(bucket)),
    );
  const real = durationsOf(exchanges);
  return estimated.length === real.length
    ? Math.max(
        0,
        ...real.map((duration, index) =>
          Math.abs((estimated[index] ?? 0) / duration - 1),
        ),
      )
    : Number.POSITIVE_INFINITY;
}
