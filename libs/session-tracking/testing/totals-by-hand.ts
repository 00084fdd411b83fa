import { bucketOf } from '../src/model/totals/duration-buckets.js';
import {
  addRequestTotals,
  type ClientTotals,
  emptyClientTotals,
  emptyRequestTotals,
  emptyUsageTotals,
  type RequestTotals,
  sumOfClientTotals,
  type UsageTotals,
} from '../src/model/totals/request-totals.js';
import type { SlotLength, TimeSlot } from '../src/model/totals/time-slot.js';
import type { StorePolicy, SessionStore } from '../src/store/session-store.js';

/** A day of minutes, thirty days of hours, two hours of clients. */
export const DEFAULT_RETENTION: StorePolicy = {
  sessionTtlSeconds: 7200,
  maxSessionSeconds: 86_400,
  retentionSeconds: 7200,
  maxRecordsPerSession: 1000,
  maxSessions: 10_000,
  rollups: { minutes: 86_400, hours: 2_592_000 },
};

/** Totals of requests that took so many milliseconds each and had so many errors among them. */
export function totalsOf(
  durationsMs: readonly number[],
  { clientErrors = 0, serverErrors = 0, requests = durationsMs.length } = {},
): RequestTotals {
  const totals = emptyRequestTotals();
  for (const milliseconds of durationsMs) {
    const microseconds = Math.round(milliseconds * 1000);
    const bucket = bucketOf(microseconds);
    totals.durationMicroseconds += microseconds;
    totals.longestMicroseconds = Math.max(
      totals.longestMicroseconds,
      microseconds,
    );
    totals.durations.set(bucket, (totals.durations.get(bucket) ?? 0) + 1);
  }
  return {
    ...totals,
    requests,
    responses: durationsMs.length,
    clientErrors,
    serverErrors,
  };
}

/** The port's totals, as a test writes them, slot by slot. */
export class TotalsByHand implements Pick<
  SessionStore,
  'readUsage' | 'readRoutes' | 'readClients' | 'countClients'
> {
  /** Every slot that was read, in order. */
  readonly read: TimeSlot[] = [];
  /** Every set of slots whose clients were counted, in order. */
  readonly counted: (readonly TimeSlot[])[] = [];
  private readonly usage = new Map<string, UsageTotals>();
  private readonly routes = new Map<string, Map<string, RequestTotals>>();
  private readonly clients = new Map<string, Map<string, ClientTotals>>();

  constructor(readonly clientSlotLength: SlotLength = 60) {}

  addUsage(slot: TimeSlot, totals: RequestTotals, newSessions = 0): this {
    const sum = this.usage.get(keyOf(slot)) ?? emptyUsageTotals();
    addRequestTotals(sum, totals);
    sum.newSessions += newSessions;
    this.usage.set(keyOf(slot), sum);
    return this;
  }

  addRoute(slot: TimeSlot, name: string, totals: RequestTotals): this {
    const routes = this.routes.get(keyOf(slot)) ?? new Map();
    const sum = routes.get(name) ?? emptyRequestTotals();
    addRequestTotals(sum, totals);
    this.routes.set(keyOf(slot), routes.set(name, sum));
    return this;
  }

  addClient(start: number, name: string, totals: Partial<ClientTotals>): this {
    const slot = { start, length: this.clientSlotLength };
    const clients = this.clients.get(keyOf(slot)) ?? new Map();
    const sum = sumOfClientTotals(clients.get(name) ?? emptyClientTotals(), {
      ...emptyClientTotals(),
      ...totals,
    });
    this.clients.set(keyOf(slot), clients.set(name, sum));
    return this;
  }

  async readUsage(slot: TimeSlot): Promise<UsageTotals | null> {
    this.read.push(slot);
    return this.usage.get(keyOf(slot)) ?? null;
  }

  async readRoutes(slot: TimeSlot): Promise<Map<string, RequestTotals>> {
    this.read.push(slot);
    return this.routes.get(keyOf(slot)) ?? new Map();
  }

  async readClients(slot: TimeSlot): Promise<Map<string, ClientTotals>> {
    this.read.push(slot);
    return this.clients.get(keyOf(slot)) ?? new Map();
  }

  /** As many as slots were asked for, so that a test sees which answer went where. */
  async countClients(slots: readonly TimeSlot[]): Promise<number> {
    this.counted.push(slots);
    return slots.length;
  }
}

function keyOf({ start, length }: TimeSlot): string {
  return `${length}@${start}`;
}
