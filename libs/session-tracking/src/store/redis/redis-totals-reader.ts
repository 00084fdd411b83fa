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
    const { byNumber, names } = await this.readRouteHash(slot);
    return new Map(
      [...byNumber].flatMap(([number, totals]) => {
        const name = names.get(number);
        return name === undefined ? [] : [[name, totals]];
      }),
    );
  }

  async readClients(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, ClientTotals>> {
    const clients = new Map<string, ClientTotals>();
    const fields = await this.hashes.read(this.keys.clients(slot));
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [
        requests = 0,
        responses = 0,
        errors = 0,
        durationMicroseconds = 0,
      ] = (fields[at + 1] ?? '').split(' ').map(Number);
      clients.set(fields[at] ?? '', {
        requests,
        responses,
        errors,
        durationMicroseconds,
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
    const fields = await this.hashes.read(this.keys.usage(slot));
    const totals = emptyUsageTotals();
    for (let at = 0; at + 1 < fields.length; at += 2) {
      setField(totals, fields[at] ?? '', Number(fields[at + 1]));
    }
    return fields.length === 0 ? null : totals;
  }

  /** Totals by the number of their route, and the names of the numbers. */
  private async readRouteHash(slot: TimeSlot): Promise<{
    byNumber: ReadonlyMap<string, UsageTotals>;
    names: ReadonlyMap<string, string>;
  }> {
    const byNumber = new Map<string, UsageTotals>();
    const names = new Map([[OTHER, OTHER]]);
    const fields = await this.hashes.read(this.keys.routes(slot));
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const field = fields[at] ?? '';
      const text = fields[at + 1] ?? '';
      const colon = field.indexOf(':');
      if (field.includes(' ')) {
        names.set(text, field);
      } else if (colon !== -1) {
        const number = field.slice(0, colon);
        let totals = byNumber.get(number);
        if (totals === undefined) {
          totals = emptyUsageTotals();
          byNumber.set(number, totals);
        }
        setField(totals, field.slice(colon + 1), Number(text));
      }
    }
    return { byNumber, names };
  }
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
function setField(totals: UsageTotals, name: string, value: number): void {
  const property = PROPERTIES.get(name);
  if (property !== undefined) {
    totals[property] = value;
  } else if (name.startsWith('d')) {
    totals.durations.set(Number(name.slice(1)), value);
  }
}
