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
    const fields = await this.hashes.read(this.keys.routes(slot), 'large');
    const { byNumber, names } = readRouteFields(fields);
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
    const fields = await this.hashes.read(this.keys.clients(slot), 'large');
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
    const fields = await this.hashes.read(this.keys.usage(slot), 'small');
    const totals = emptyUsageTotals();
    for (let at = 0; at + 1 < fields.length; at += 2) {
      setField(totals, fields[at] ?? '', 0, Number(fields[at + 1]));
    }
    return fields.length === 0 ? null : totals;
  }
}

/** Totals by the number of their route, and the names of the numbers. */
function readRouteFields(fields: readonly string[]): {
  byNumber: ReadonlyMap<number, UsageTotals>;
  names: ReadonlyMap<number, string>;
} {
  const byNumber = new Map<number, UsageTotals>();
  const names = new Map([[OTHER_NUMBER, OTHER]]);
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const field = fields[at] ?? '';
    const text = fields[at + 1] ?? '';
    const colon = field.indexOf(':');
    if (field.includes(' ')) {
      names.set(Number(text), field);
    } else if (colon !== -1) {
      const number = field.startsWith(OTHER)
        ? OTHER_NUMBER
        : leadingNumber(field, 0);
      let totals = byNumber.get(number);
      if (totals === undefined) {
        totals = emptyUsageTotals();
        byNumber.set(number, totals);
      }
      setField(totals, field, colon + 1, Number(text));
    }
  }
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

/** Stands for the routes that have no number. */
const OTHER_NUMBER = 0;

const DIGIT_0 = 48;
const LETTER_D = 100;

/** What a field says after its prefix: a name of `PROPERTIES`, or `d17`, the count of a bucket. */
function setField(
  totals: UsageTotals,
  field: string,
  from: number,
  value: number,
): void {
  // Nearly all fields are buckets, thousands in an answer, so these are read without a text for each.
  if (field.charCodeAt(from) === LETTER_D && isDigit(field, from + 1)) {
    totals.durations.set(leadingNumber(field, from + 1), value);
    return;
  }
  const property = PROPERTIES.get(field.slice(from));
  if (property !== undefined) {
    totals[property] = value;
  }
}

/** The number that the digits from a place on make. */
function leadingNumber(text: string, from: number): number {
  let number = 0;
  for (let at = from; isDigit(text, at); at += 1) {
    number = number * 10 + text.charCodeAt(at) - DIGIT_0;
  }
  return number;
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= DIGIT_0 && code < DIGIT_0 + 10;
}
