import type { Breaks } from '../../model/breaks.js';
import { ownerOf } from '../../model/client-groups.js';
import type { ClientReference } from '../../model/client-identity.js';
import {
  type ClientTotals,
  type ClientTotalsOfSlot,
  emptyUsageTotals,
  OTHER,
  type ReadonlyTotals,
  type UsageTotals,
} from '../../model/request-totals.js';
import { bySlot, slotOfName, type TimeSlot } from '../../model/time-slot.js';
import { CallBatcher } from './call-batcher.js';
import type { RedisConnections } from './redis-connections.js';
import { RedisScript } from './redis-script.js';
import type { RedisTotalsHashes } from './redis-totals-hashes.js';
import type { SessionKeys } from './session-keys.js';
import { type ReadTotals, RememberedTotals } from './remembered-totals.js';
import {
  parseClients,
  parseClientTotals,
  readTotalsText,
  type TotalsFields,
  WRITTEN_AT,
} from './totals-text.js';

/** Hashes of totals by route that are remembered: an hour by five minutes, and a day by hours. */
const MOST_ROUTES = 40;

/** Hashes of totals of everything that are remembered: a day by five minutes. */
const MOST_USAGES = 300;

/** Hashes of totals by client that are remembered, each of a thousand: an hour by five minutes. */
const MOST_CLIENTS = 13;

/** Groups of slots in which one call of Redis is to count clients; it answers fewer where they are large. */
const GROUPS_PER_CALL = 300;

/** Lua has no place for more arguments of one call than some thousands. */
const MOST_KEYS_IN_SCRIPT = 5000;

/** Reads what scripts/add-totals.lua and scripts/totals-by-slot.lua add up. */
export class RedisTotalsReader {
  private readonly routes: RememberedTotals<
    ReadonlyMap<string, ReadonlyTotals>
  >;
  private readonly usage: RememberedTotals<ReadonlyTotals<UsageTotals> | null>;
  private readonly clients: RememberedTotals<
    ReadonlyMap<string, Readonly<ClientTotals>>
  >;
  private readonly clientScript = new RedisScript('read-client-totals.lua');
  private readonly countScript = new RedisScript('count-clients.lua');
  private readonly counts = new CallBatcher(
    GROUPS_PER_CALL,
    (groups: readonly (readonly string[])[]) => this.countGroups(groups),
  );

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
    hashes: RedisTotalsHashes,
  ) {
    this.routes = new RememberedTotals(hashes, parseRoutes, MOST_ROUTES);
    this.usage = new RememberedTotals(hashes, parseUsage, MOST_USAGES);
    this.clients = new RememberedTotals(hashes, parseClients, MOST_CLIENTS);
  }

  close(): void {
    for (const remembered of [this.routes, this.usage, this.clients]) {
      remembered.close();
    }
  }

  readRoutes(slot: TimeSlot): Promise<ReadonlyMap<string, ReadonlyTotals>> {
    return this.routes.read(this.keys.routes(slot));
  }

  readUsage(slot: TimeSlot): Promise<ReadonlyTotals<UsageTotals> | null> {
    return this.usage.read(this.keys.usage(slot));
  }

  readClients(
    slot: TimeSlot,
  ): Promise<ReadonlyMap<string, Readonly<ClientTotals>>> {
    return this.clients.read(this.keys.clients(slot));
  }

  async readTotalsOfClient(
    client: ClientReference,
  ): Promise<ClientTotalsOfSlot[]> {
    const answer = await this.connections.ask(
      'reader',
      'read the totals of a client',
      (redis) =>
        this.clientScript.run(
          redis,
          this.keys.index,
          this.keys.base,
          ownerOf(client),
        ),
    );
    const fields = Array.isArray(answer) ? answer.map(String) : [];
    const found: ClientTotalsOfSlot[] = [];
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const slot = slotOfName(fields[at] ?? '');
      if (slot !== undefined) {
        found.push({ slot, totals: parseClientTotals(fields[at + 1] ?? '') });
      }
    }
    return found.toSorted(bySlot);
  }

  countClients(slots: readonly TimeSlot[]): Promise<number> {
    const keys = slots.map((slot) => this.keys.uniqueClients(slot));
    if (keys.length > MOST_KEYS_IN_SCRIPT) {
      return this.connections.ask('reader', 'count clients', (redis) =>
        redis.pfcount(...keys),
      );
    }
    return keys.length === 0
      ? Promise.resolve(0)
      : this.counts.ask(keys, (count) => count);
  }

  private async countGroups(
    groups: readonly (readonly string[])[],
  ): Promise<number[]> {
    const counts = await this.connections.ask(
      'reader',
      'count clients',
      (redis) =>
        this.countScript.run(
          redis,
          this.keys.index,
          ...groups.flatMap((keys) => [String(keys.length), ...keys]),
        ),
    );
    return Array.isArray(counts) ? counts.map(Number) : [];
  }
}

async function parseUsage(
  text: string,
  breaks: Breaks,
): Promise<ReadTotals<ReadonlyTotals<UsageTotals> | null>> {
  const totals = emptyUsageTotals();
  let writtenAt = '';
  const fields: TotalsFields = {
    bucket: (_route, bucket, count) => totals.durations.set(bucket, count),
    other: (field, value) => {
      if (field === WRITTEN_AT) {
        writtenAt = value;
      }
      setField(totals, field, value);
    },
  };
  await readTotalsText(text, fields, breaks);
  return { writtenAt, totals: text === '' ? null : totals };
}

/** Routes have numbers within a hash, by which the other fields name them. */
async function parseRoutes(
  text: string,
  breaks: Breaks,
): Promise<ReadTotals<ReadonlyMap<string, ReadonlyTotals>>> {
  const byNumber: (UsageTotals | undefined)[] = [];
  const names: (string | undefined)[] = [OTHER];
  let writtenAt = '';
  const totalsOf = (route: number): UsageTotals =>
    (byNumber[route] ??= emptyUsageTotals());
  const fields: TotalsFields = {
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
      } else if (field === WRITTEN_AT) {
        writtenAt = value;
      }
    },
  };
  await readTotalsText(text, fields, breaks);
  const totals = new Map<string, ReadonlyTotals>();
  for (const [number, ofRoute] of byNumber.entries()) {
    const name = names[number];
    if (ofRoute !== undefined && name !== undefined) {
      totals.set(name, ofRoute);
    }
  }
  return { writtenAt, totals };
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
