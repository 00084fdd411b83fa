import {
  type ClientTotals,
  emptyUsageTotals,
  OTHER,
  type RequestTotals,
  type UsageTotals,
} from '../../model/request-totals.js';
import type { TimeSlot } from '../../model/time-slot.js';
import type { RedisConnections } from './redis-connections.js';
import type { RedisTotalsHashes } from './redis-totals-hashes.js';
import type { SessionKeys } from './session-keys.js';
import { readTotalsText } from './totals-text.js';

/** Reads what scripts/add-totals.lua and scripts/totals-by-slot.lua add up. */
export class RedisTotalsReader {
  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
    private readonly hashes: RedisTotalsHashes,
  ) {}

  async readRoutes(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, RequestTotals>> {
    const text = await this.hashes.read(this.keys.routes(slot), 'large');
    const { byNumber, names } = readRouteFields(text);
    const routes = new Map<string, RequestTotals>();
    for (const [number, totals] of byNumber.entries()) {
      const name = names[number];
      if (totals !== undefined && name !== undefined) {
        routes.set(name, totals);
      }
    }
    return routes;
  }

  async readClients(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, ClientTotals>> {
    const clients = new Map<string, ClientTotals>();
    const json = await this.hashes.read(this.keys.clients(slot), 'large');
    const fields: string[] = json === '' ? [] : JSON.parse(json);
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [requests, responses, errors, microseconds] = (
        fields[at + 1] ?? ''
      ).split(' ');
      clients.set(fields[at] ?? '', {
        requests: Number(requests),
        responses: Number(responses),
        errors: Number(errors),
        durationMicroseconds: Number(microseconds),
      });
    }
    return clients;
  }

  countClients(slots: readonly TimeSlot[]): Promise<number> {
    return slots.length === 0
      ? Promise.resolve(0)
      : this.connections.ask('reader', 'count clients', (redis) =>
          redis.pfcount(...slots.map((slot) => this.keys.uniqueClients(slot))),
        );
  }

  async readUsage(slot: TimeSlot): Promise<UsageTotals | null> {
    const text = await this.hashes.read(this.keys.usage(slot), 'small');
    const totals = emptyUsageTotals();
    readTotalsText(text, {
      bucket: (_route, bucket, count) => totals.durations.set(bucket, count),
      other: (field, value) => setField(totals, field, value),
    });
    return text === '' ? null : totals;
  }
}

/** Totals by the number of their route, and the names of the numbers. */
function readRouteFields(text: string): {
  byNumber: readonly (UsageTotals | undefined)[];
  names: readonly (string | undefined)[];
} {
  const byNumber: (UsageTotals | undefined)[] = [];
  const names: (string | undefined)[] = [OTHER];
  const totalsOf = (route: number): UsageTotals =>
    (byNumber[route] ??= emptyUsageTotals());
  readTotalsText(text, {
    bucket: (route, bucket, count) =>
      totalsOf(route).durations.set(bucket, count),
    other: (field, value) => {
      const colon = field.indexOf(':');
      if (field.includes(' ')) {
        names[Number(value)] = field;
      } else if (colon !== -1) {
        // What has no number, `other`, is number 0; routes begin with 1.
        const route = Number(field.slice(0, colon)) || 0;
        setField(totalsOf(route), field.slice(colon + 1), value);
      }
    },
  });
  return { byNumber, names };
}

/** What the fields of a hash are called here. */
const PROPERTIES: ReadonlyMap<
  string,
  Exclude<keyof UsageTotals, 'durations'>
> = new Map([
  ['requests', 'requests'],
  ['responses', 'responses'],
  ['client_errors', 'clientErrors'],
  ['server_errors', 'serverErrors'],
  ['duration_us', 'durationMicroseconds'],
  ['longest_us', 'longestMicroseconds'],
  ['new_sessions', 'newSessions'],
]);

/** A name of `PROPERTIES`, or `d17`, the count of a bucket. */
function setField(totals: UsageTotals, name: string, value: string): void {
  const property = PROPERTIES.get(name);
  if (property !== undefined) {
    totals[property] = Number(value);
  } else if (name.startsWith('d')) {
    totals.durations.set(Number(name.slice(1)), Number(value));
  }
}
