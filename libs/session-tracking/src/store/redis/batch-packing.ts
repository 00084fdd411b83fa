import {
  clientTotalsByMinute,
  minuteOf,
  routeTotalsByMinute,
} from '../../model/batch-totals.js';
import type { ClientGroup } from '../../model/client-groups.js';
import type { Exchange } from '../../model/exchange.js';
import type {
  ClientTotals,
  RequestTotals,
} from '../../model/request-totals.js';
import { totalOf } from '../../model/session-totals.js';
import { timeText } from './number-text.js';
import { s1, s2, toBytes, u1, u2, u4, u8, utf8 } from './packed-text.js';
import { requestHead, requestTail, responseRest } from './record-packing.js';

/** Stands for the place of a minute where the totals of a client are not those of its session. */
const NO_MINUTE = 0xff;

/** Packs a batch; scripts/append-batch.lua says how it is laid out. */
export function packBatch(
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
  const isLeftOut = exchanges.every(({ sampling }) => sampling === 'kept');
  let packed =
    s1(utf8(client.userId)) +
    s1(client.ip) +
    s1(client.formerIp ?? '') +
    s1(timeText(totals.firstAt)) +
    s1(timeText(totals.lastAt)) +
    s1(String(totals.durationMicroseconds)) +
    u2(totals.responses) +
    u2(totals.errors) +
    u1(isLeftOut ? 1 : 0) +
    u1(minute) +
    u2(exchanges.length);
  for (const exchange of exchanges) {
    packed += packExchange(exchange);
  }
  return packed;
}

function packExchange({ request, response }: Exchange): string {
  return (
    s1(request === undefined ? '' : timeText(request.timestamp)) +
    s2(request === undefined ? '' : requestHead(request)) +
    s1((request ?? response)?.request_id ?? '') +
    s2(request === undefined ? '' : requestTail(request)) +
    s1(response === undefined ? '' : timeText(response.timestamp)) +
    s2(response === undefined ? '' : responseRest(response))
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

/** Packs totals by route; scripts/fold-totals.lua says how they are laid out. */
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
