import type { MinuteTotals } from '../../model/batch-totals.js';
import type { ClientGroup } from '../../model/client-groups.js';
import type { Exchange } from '../../model/exchange.js';
import type { RequestTotals } from '../../model/request-totals.js';
import { totalOf } from '../../model/session-totals.js';
import { PackedBytes } from './packed-bytes.js';
import {
  packRequestHead,
  packRequestTail,
  packResponseRest,
} from './record-packing.js';

/** Packs a batch; scripts/append-batch.lua says how it is laid out. */
export function packBatch(
  groups: readonly ClientGroup[],
  minutes: readonly MinuteTotals[],
): Buffer {
  const packed = new PackedBytes();
  packed.u2(groups.length);
  for (const group of groups) {
    packClient(packed, group);
  }
  packed.u2(minutes.length);
  for (const minute of minutes) {
    packMinute(packed, minute);
  }
  return packed.toBuffer();
}

function packClient(
  packed: PackedBytes,
  { client, exchanges }: ClientGroup,
): void {
  const totals = totalOf(exchanges);
  const leftOut = exchanges.every(({ sampling }) => sampling === 'kept');
  packed
    .s1(client.userId)
    .s1(client.ip)
    .s1(client.formerIp ?? '')
    .s1(String(totals.firstAt))
    .s1(String(totals.lastAt))
    .s1(String(totals.durationMicroseconds))
    .u2(totals.responses)
    .u2(totals.errors)
    .u1(leftOut ? 1 : 0)
    .u2(exchanges.length);
  for (const exchange of exchanges) {
    packExchange(packed, exchange);
  }
}

function packExchange(
  packed: PackedBytes,
  { request, response }: Exchange,
): void {
  packed.begin(2);
  if (request !== undefined) {
    packRequestHead(packed, request);
  }
  packed
    .end()
    .begin(1)
    .json((request ?? response)?.request_id ?? '')
    .end()
    .begin(2);
  if (request !== undefined) {
    packRequestTail(packed, request);
  }
  packed
    .end()
    .s1(response === undefined ? '' : String(response.timestamp))
    .begin(2);
  if (response !== undefined) {
    packResponseRest(packed, response);
  }
  packed.end();
}

function packMinute(
  packed: PackedBytes,
  { start, routes, clients }: MinuteTotals,
): void {
  packed.s1(String(start)).begin(4);
  packRoutes(packed, routes);
  packed.end().u2(clients.size);
  for (const [owner, totals] of clients) {
    packed
      .s1(owner)
      .u2(totals.requests)
      .u2(totals.responses)
      .u2(totals.errors)
      .u8(totals.durationMicroseconds);
  }
}

/** Packs totals by route; scripts/fold-totals.lua says how they are laid out. */
function packRoutes(
  packed: PackedBytes,
  routes: ReadonlyMap<string, RequestTotals>,
): void {
  packed.u2(routes.size);
  for (const [route, totals] of routes) {
    packed
      .s2(route)
      .u2(totals.requests)
      .u2(totals.responses)
      .u2(totals.clientErrors)
      .u2(totals.serverErrors)
      .u8(totals.durationMicroseconds)
      .u8(totals.longestMicroseconds)
      .u2(totals.durations.size);
    for (const [bucket, count] of totals.durations) {
      packed.u2(bucket).u2(count);
    }
  }
}
