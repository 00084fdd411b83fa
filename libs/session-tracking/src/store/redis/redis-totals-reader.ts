import {
  addRequestTotals,
  type ClientTotals,
  emptyUsageTotals,
  OTHER,
  type RequestTotals,
  type UsageTotals,
} from '../../model/request-totals.js';
import type { TimeSlot } from '../../model/time-slot.js';
import type { RedisConnections } from './redis-connections.js';
import type { SessionKeys } from './session-keys.js';

/** Reads what scripts/add-totals.lua adds up; one command a slot. */
export class RedisTotalsReader {
  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
  ) {}

  /** The minutes have no totals of their own: they are the sum of their routes. */
  readUsage(slot: TimeSlot): Promise<UsageTotals | null> {
    return slot.length === 60
      ? this.sumOfRoutes(slot)
      : this.readUsageHash(slot);
  }

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
    const fields = await this.readHash(this.keys.clients(slot));
    return new Map(
      fields.map(([owner, text]) => {
        const [requests, responses, errors, durationMicroseconds] = text
          .split(' ')
          .map(Number);
        return [
          owner,
          {
            requests: requests ?? 0,
            responses: responses ?? 0,
            errors: errors ?? 0,
            durationMicroseconds: durationMicroseconds ?? 0,
          },
        ];
      }),
    );
  }

  countClients(slots: readonly TimeSlot[]): Promise<number> {
    return slots.length === 0
      ? Promise.resolve(0)
      : this.connections.ask('reader', 'count clients', (redis) =>
          redis.pfcount(...slots.map((slot) => this.keys.uniqueClients(slot))),
        );
  }

  private async readUsageHash(slot: TimeSlot): Promise<UsageTotals | null> {
    const fields = await this.readHash(this.keys.usage(slot));
    const totals = emptyUsageTotals();
    for (const [name, text] of fields) {
      setField(totals, name, Number(text));
    }
    return fields.length === 0 ? null : totals;
  }

  private async sumOfRoutes(slot: TimeSlot): Promise<UsageTotals | null> {
    const { byNumber } = await this.readRouteHash(slot);
    const sum = emptyUsageTotals();
    for (const totals of byNumber.values()) {
      addRequestTotals(sum, totals);
      sum.newSessions += totals.newSessions;
    }
    return byNumber.size === 0 ? null : sum;
  }

  /** Totals by the number of their route, and the names of the numbers. */
  private async readRouteHash(slot: TimeSlot): Promise<{
    byNumber: ReadonlyMap<string, UsageTotals>;
    names: ReadonlyMap<string, string>;
  }> {
    const byNumber = new Map<string, UsageTotals>();
    const names = new Map([[OTHER, OTHER]]);
    for (const [field, text] of await this.readHash(this.keys.routes(slot))) {
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

  private async readHash(key: string): Promise<[string, string][]> {
    const hash = await this.connections.ask('reader', 'read totals', (redis) =>
      redis.hgetall(key),
    );
    return Object.entries(hash);
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
