import {
  clientTotalsByMinute,
  minuteOf,
  routeTotalsByMinute,
} from '../../../model/totals/batch-totals.js';
import {
  type ClientGroup,
  groupByClient,
} from '../../../model/clients/client-groups.js';
import type { Exchange } from '../../../model/records/exchange.js';
import type {
  ClientTotals,
  RequestTotals,
} from '../../../model/totals/request-totals.js';
import {
  type SessionTotals,
  totalOf,
} from '../../../model/totals/session-totals.js';
import type { RecordBatch } from '../../session-store.js';
import { timeText } from './number-text.js';
import { s1, s2, toBytes, u1, u2, u4, u8, utf8 } from './packed-text.js';
import {
  packRequestHead,
  packRequestTail,
  packResponse,
} from './record-packing.js';

/** Stands for the place of a minute where the totals of a client are not those of its session. */
const NO_MINUTE = 0xff;

/** Packs what is the same in all batches of a store, in the order of scripts/append-batch.lua. */
export function packPolicy(values: readonly number[]): string {
  return values.map((value) => s1(String(value))).join('');
}

/** A batch of which nothing is left but bytes and numbers: objects that wait make the collector copy them. */
export interface PackedBatch extends Pick<
  RecordBatch,
  'writer' | 'sequence' | 'seed' | 'wantsSessionIds'
> {
  /** All of it but its head. */
  readonly body: Buffer;
  /** How many exchanges it had, those that sampling left out among them. */
  readonly exchangeCount: number;
  /** Where each exchange stood that is in a group, in the order in which they are packed. */
  readonly places: readonly number[];
  /** How many of these each group has. */
  readonly groupSizes: readonly number[];
}

/** Packs all of a batch that stays the same however often it is sent. */
export function packBatch(batch: RecordBatch): PackedBatch {
  const { exchanges } = batch;
  const groups = groupByClient(exchanges);
  // `flatMap` takes a fifth as long as to pack all of it.
  const places: number[] = [];
  const groupSizes: number[] = [];
  for (const { positions } of groups) {
    places.push(...positions);
    groupSizes.push(positions.length);
  }
  return {
    writer: batch.writer,
    sequence: batch.sequence,
    seed: batch.seed,
    wantsSessionIds: batch.wantsSessionIds,
    body: packBody(exchanges, groups),
    exchangeCount: exchanges.length,
    places,
    groupSizes,
  };
}

/**
 * What is sent before the body of a batch; scripts/append-batch.lua says how both are laid out.
 *
 * @param packedPolicy what `packPolicy` made
 * @param follows sequence of the batch that must have been stored before this one
 * @param now the writer's clock, Unix time in milliseconds
 */
export function packHead(
  packedPolicy: string,
  { seed, sequence, wantsSessionIds }: PackedBatch,
  follows: number | undefined,
  now: number,
): Buffer {
  return toBytes(
    packedPolicy +
      s1(String(sequence)) +
      s1(String(follows ?? 0)) +
      s1(seed) +
      s1(String(now)) +
      u1(wantsSessionIds ? 1 : 0),
  );
}

function packBody(
  exchanges: readonly Exchange[],
  groups: readonly ClientGroup[],
): Buffer {
  const routes = routeTotalsByMinute(exchanges);
  const minutes = [...routes.keys()];
  // What sampling leaves out is in no group, though its client may have one: there all are counted apart.
  const isSampled = exchanges.some(({ sampling }) => sampling === 'left_out');
  const apart: Exchange[] = isSampled ? [...exchanges] : [];
  let packed = u2(groups.length);
  for (const group of groups) {
    const place = isSampled ? NO_MINUTE : placeOfMinute(group, minutes);
    packed += packClient(group, place);
    if (place === NO_MINUTE && !isSampled) {
      apart.push(...group.exchanges);
    }
  }
  const clients = clientTotalsByMinute(apart);
  packed += u2(minutes.length);
  for (const [start, routesOfMinute] of routes) {
    packed += packMinute(start, routesOfMinute, clients.get(start));
  }
  return toBytes(packed);
}

/** Where the minute stands whose totals are those of the whole group. */
function placeOfMinute(
  { exchanges }: ClientGroup,
  minutes: readonly number[],
): number {
  const [first] = exchanges;
  if (first === undefined) {
    return NO_MINUTE;
  }
  const minute = minuteOf(first);
  const isWhole = exchanges.every(
    (exchange) =>
      exchange.request !== undefined &&
      exchange.response !== undefined &&
      minuteOf(exchange) === minute,
  );
  const place = isWhole ? minutes.indexOf(minute) : NO_MINUTE;
  return Math.min(place, NO_MINUTE);
}

function packClient(
  { client, exchanges }: ClientGroup,
  minute: number,
): string {
  const totals = totalOf(exchanges);
  const isLeftOut = exchanges.some(({ sampling }) => sampling === 'kept');
  // Short pieces are joined before they meet the long text: each piece has its price when all becomes bytes.
  let packed =
    s1(utf8(client.userId)) +
    s1(client.ip) +
    (s1(client.formerIp ?? '') + packSpan(exchanges, totals)) +
    u8(totals.durationMicroseconds) +
    (u2(totals.responses) +
      u2(totals.errors) +
      u1(isLeftOut ? 1 : 0) +
      u1(minute) +
      u2(exchanges.length));
  for (const exchange of exchanges) {
    packed += packExchange(exchange);
  }
  return packed;
}

/** The first time and the last; empty where they are those of the only exchange, as nearly always. */
function packSpan(
  exchanges: readonly Exchange[],
  { firstAt, lastAt }: SessionTotals,
): string {
  const [only] = exchanges;
  return exchanges.length === 1 &&
    only?.request?.timestamp === firstAt &&
    only.response?.timestamp === lastAt
    ? s1('') + s1('')
    : s1(timeText(firstAt)) + s1(timeText(lastAt));
}

function packExchange({ request, response }: Exchange): string {
  return (
    (request === undefined ? s1('') + s2('') : packRequestHead(request)) +
    s1((request ?? response)?.request_id ?? '') +
    (request === undefined ? s2('') : packRequestTail(request)) +
    (response === undefined ? s1('') + s2('') : packResponse(response))
  );
}

function packMinute(
  start: number,
  routes: ReadonlyMap<string, RequestTotals>,
  clients: ReadonlyMap<string, ClientTotals> | undefined,
): string {
  const packedRoutes = packRoutes(routes);
  let packed =
    s1(String(start)) +
    u4(packedRoutes.length) +
    packedRoutes +
    u2(clients?.size ?? 0);
  for (const [owner, totals] of clients ?? []) {
    packed +=
      s1(utf8(owner)) +
      u2(totals.requests) +
      u2(totals.responses) +
      u2(totals.errors) +
      u8(totals.durationMicroseconds);
  }
  return packed;
}

/** Packs totals by route; scripts/gather-totals.lua says how they are laid out. */
function packRoutes(routes: ReadonlyMap<string, RequestTotals>): string {
  let packed = u2(routes.size);
  for (const [route, totals] of routes) {
    packed +=
      s2(utf8(route)) +
      u2(totals.requests) +
      u2(totals.responses) +
      u2(totals.clientErrors) +
      u2(totals.serverErrors) +
      u8(totals.durationMicroseconds) +
      u8(totals.longestMicroseconds) +
      u2(totals.durations.size);
    for (const [bucket, count] of totals.durations) {
      packed += u2(bucket) + u2(count);
    }
  }
  return packed;
}
