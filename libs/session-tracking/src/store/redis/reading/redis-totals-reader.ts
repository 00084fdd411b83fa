import { ownerOf } from '../../../model/clients/client-groups.js';
import type { ClientReference } from '../../../model/clients/client-identity.js';
import type {
  ClientTotals,
  ClientTotalsOfSlot,
  ReadonlyTotals,
  UsageTotals,
} from '../../../model/totals/request-totals.js';
import {
  bySlot,
  slotOfName,
  type TimeSlot,
} from '../../../model/totals/time-slot.js';
import { CallBatcher } from './call-batcher.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import { RedisScript } from '../redis-script.js';
import type { RedisTotalsHashes } from '../redis-totals-hashes.js';
import type { SessionKeys } from '../session-keys.js';
import { RememberedTotals } from './remembered-totals.js';
import { parseRoutes, parseUsage } from './totals-parsing.js';
import { parseClients, parseClientTotals } from './totals-text.js';

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
