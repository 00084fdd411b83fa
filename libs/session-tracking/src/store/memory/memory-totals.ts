import {
  clientTotalsByMinute,
  routeTotalsByMinute,
  UNROUTED,
} from '../../model/totals/batch-totals.js';
import { entryOf } from '../../model/entry-of.js';
import type { Exchange } from '../../model/records/exchange.js';
import {
  addRequestTotals,
  type ClientTotals,
  type ClientTotalsOfSlot,
  emptyClientTotals,
  emptyRequestTotals,
  emptyUsageTotals,
  OTHER,
  type RequestTotals,
  sumOfClientTotals,
  type UsageTotals,
} from '../../model/totals/request-totals.js';
import {
  ROUTE_SLOT_LENGTHS,
  SLOT_LENGTHS,
  bySlot,
  slotAt,
  type SlotLength,
  slotName,
  slotOfName,
  type TimeSlot,
} from '../../model/totals/time-slot.js';
import type { RollupRetention } from '../session-store.js';
import { DistinctCount } from './distinct-count.js';
import { ExpiringMap } from './expiring-map.js';

/** Most slots kept of each kind of totals; beyond that the one begun first goes. */
const MAX_SLOTS = 10_000;

/** Most routes told apart in a slot. */
const MAX_ROUTES = 500;

/** Most clients told apart in a slot. */
const MAX_CLIENTS = 1000;

/** How long totals stay. */
interface TotalsRetention {
  readonly rollups: RollupRetention;
  readonly clientSlotLength: SlotLength;
  readonly clientSeconds: number;
}

/** Totals by slots of time. A slot goes when its time is up, however late it was added to. */
export class MemoryTotals {
  /** Requests whose route found no place. */
  cappedRoutes = 0;
  /** Requests whose client found no place. */
  cappedClients = 0;
  private readonly usage: ExpiringMap<UsageTotals>;
  private readonly routes: ExpiringMap<Map<string, RequestTotals>>;
  private readonly clients: ExpiringMap<Map<string, Readonly<ClientTotals>>>;
  private readonly distinctClients: ExpiringMap<DistinctCount>;

  constructor(
    private readonly retention: TotalsRetention,
    now: () => number,
  ) {
    this.usage = new ExpiringMap(MAX_SLOTS, now);
    this.routes = new ExpiringMap(MAX_SLOTS, now);
    this.clients = new ExpiringMap(MAX_SLOTS, now);
    this.distinctClients = new ExpiringMap(MAX_SLOTS, now);
  }

  /** Adds exchanges to everything that names nobody. */
  addUnnamed(exchanges: readonly Exchange[]): void {
    for (const [start, clients] of clientTotalsByMinute(exchanges)) {
      for (const length of SLOT_LENGTHS) {
        const distinct = this.slotOf(
          this.distinctClients,
          slotAt(start, length),
          () => new DistinctCount(),
        );
        for (const client of clients.keys()) {
          distinct.add(client);
        }
      }
    }
    for (const [start, totalsByRoute] of routeTotalsByMinute(exchanges)) {
      for (const length of SLOT_LENGTHS) {
        const usage = this.usageOf(slotAt(start, length));
        for (const totals of totalsByRoute.values()) {
          addRequestTotals(usage, totals);
        }
      }
      for (const length of ROUTE_SLOT_LENGTHS) {
        const slot = slotAt(start, length);
        const routes = this.slotOf(
          this.routes,
          slot,
          () => new Map<string, RequestTotals>(),
        );
        for (const [route, totals] of totalsByRoute) {
          if (route === UNROUTED) {
            continue;
          }
          const name = placeFor(route, routes, MAX_ROUTES);
          addRequestTotals(entryOf(routes, name, emptyRequestTotals), totals);
          this.cappedRoutes +=
            name === OTHER && length === 300 ? totals.requests : 0;
        }
      }
    }
  }

  /** Adds exchanges to the totals of their clients. */
  addByClient(exchanges: readonly Exchange[]): void {
    const { clientSlotLength, clientSeconds } = this.retention;
    for (const [start, totalsByClient] of clientTotalsByMinute(exchanges)) {
      const clients = this.slotOf(
        this.clients,
        slotAt(start, clientSlotLength),
        () => new Map<string, Readonly<ClientTotals>>(),
        clientSeconds,
      );
      this.makePlace(clients, totalsByClient);
      for (const [client, totals] of totalsByClient) {
        const name = placeFor(client, clients, MAX_CLIENTS);
        clients.set(
          name,
          sumOfClientTotals(clients.get(name) ?? emptyClientTotals(), totals),
        );
        this.cappedClients += name === OTHER ? totals.requests : 0;
      }
    }
  }

  /** @param count less than none where a session is found to have begun at another time */
  addSessions(createdAt: number, count: number): void {
    for (const length of SLOT_LENGTHS) {
      this.usageOf(slotAt(createdAt, length)).newSessions += count;
    }
  }

  readUsage(slot: TimeSlot): UsageTotals | null {
    return structuredClone(this.usage.get(slotName(slot)) ?? null);
  }

  readRoutes(slot: TimeSlot): ReadonlyMap<string, RequestTotals> {
    return structuredClone(this.routes.get(slotName(slot)) ?? new Map());
  }

  readClients(slot: TimeSlot): ReadonlyMap<string, Readonly<ClientTotals>> {
    return new Map(this.clients.get(slotName(slot)));
  }

  readTotalsOfClient(owner: string): ClientTotalsOfSlot[] {
    const found: ClientTotalsOfSlot[] = [];
    for (const [name, clients] of this.clients.entriesInTime()) {
      const slot = slotOfName(name);
      const totals = clients.get(owner);
      if (slot !== undefined && totals !== undefined) {
        found.push({ slot, totals: { ...totals } });
      }
    }
    return found.toSorted(bySlot);
  }

  countClients(slots: readonly TimeSlot[]): number {
    const merged = new DistinctCount();
    for (const slot of slots) {
      const distinct = this.distinctClients.get(slotName(slot));
      if (distinct !== undefined) {
        merged.addAll(distinct);
      }
    }
    return merged.estimate;
  }

  eraseClient(owner: string): void {
    for (const clients of this.clients.values()) {
      clients.delete(owner);
    }
  }

  /**
   * In a slot that is full the busiest newcomer of a batch takes the place of the client that is least busy. No
   * more, so that whoever has a place also has the time to show how busy it is.
   */
  private makePlace(
    clients: Map<string, Readonly<ClientTotals>>,
    arriving: ReadonlyMap<string, Readonly<ClientTotals>>,
  ): void {
    if (!isFull(clients, MAX_CLIENTS)) {
      return;
    }
    const [newcomer] =
      busiestFirst([...arriving].filter(([name]) => !clients.has(name)))[0] ??
      [];
    const weakest = busiestFirst(
      [...clients].filter(([name]) => name !== OTHER && !arriving.has(name)),
    ).at(-1);
    if (newcomer === undefined || weakest === undefined) {
      return;
    }
    const [name, totals] = weakest;
    clients.delete(name);
    clients.set(
      OTHER,
      sumOfClientTotals(clients.get(OTHER) ?? emptyClientTotals(), totals),
    );
    // Before the others of the batch, or one of them would be the first to come.
    clients.set(newcomer, emptyClientTotals());
    this.cappedClients += totals.requests;
  }

  private usageOf(slot: TimeSlot): UsageTotals {
    return this.slotOf(this.usage, slot, emptyUsageTotals);
  }

  /** What is kept of a slot, begun when it is not there yet. */
  private slotOf<T>(
    slots: ExpiringMap<T>,
    slot: TimeSlot,
    begin: () => T,
    ttlSeconds = this.retentionOf(slot),
  ): T {
    let totals = slots.get(slotName(slot));
    if (totals === undefined) {
      totals = begin();
      slots.set(slotName(slot), totals, ttlSeconds);
    }
    return totals;
  }

  private retentionOf({ length }: TimeSlot): number {
    const { minutes, hours } = this.retention.rollups;
    return length + (length === 3600 ? hours : minutes);
  }
}

function busiestFirst(
  clients: readonly [string, Readonly<ClientTotals>][],
): [string, Readonly<ClientTotals>][] {
  return clients.toSorted(([, a], [, b]) => b.requests - a.requests);
}

/** The name under which something is counted in a slot: its own while there is room. */
function placeFor(
  name: string,
  entries: ReadonlyMap<string, unknown>,
  limit: number,
): string {
  return entries.has(name) || !isFull(entries, limit) ? name : OTHER;
}

function isFull(entries: ReadonlyMap<string, unknown>, limit: number): boolean {
  return entries.size - (entries.has(OTHER) ? 1 : 0) >= limit;
}
