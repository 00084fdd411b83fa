import type { ClientGroup } from '../../model/client-groups.js';
import { totalOf } from '../../model/session-totals.js';
import { requestToJson, responseToJson } from './record-json.js';

/** Packs the clients of a batch into one text; scripts/append-batch.lua says how it is laid out. */
export function packClients(groups: readonly ClientGroup[]): string {
  let packed = '';
  for (const { client, exchanges } of groups) {
    const totals = totalOf(exchanges);
    let requests = '';
    let responses = '';
    let requestCount = 0;
    for (const { request, response } of exchanges) {
      if (request !== undefined) {
        requests += `${requestToJson(request)}\n`;
        requestCount += 1;
      }
      if (response !== undefined) {
        responses += `${responseToJson(response)}\n`;
      }
    }
    const who = client.userId === '' ? 'a' : `u${client.userId}`;
    packed += `${who}\n${client.ip}\n${totals.firstAt} ${totals.lastAt} ${totals.responses} ${totals.errors} ${totals.durationMicroseconds} ${requestCount}\n${requests}${responses}`;
  }
  return packed;
}
