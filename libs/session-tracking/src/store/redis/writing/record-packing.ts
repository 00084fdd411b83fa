import { remembered } from '../../../model/remembered.js';
import type {
  RequestRecord,
  ResponseRecord,
} from '../../../model/records/records.js';
import { durationText, timeText } from './number-text.js';
import { json, s1, s2, u2 } from './packed-text.js';

// A record travels to Redis in pieces, around what request and response share, and the script puts it
// together. Written by hand: JSON.stringify of a whole record takes several times as long, on the
// application's own thread. Times and ids need no escape. What comes again is remembered in pieces
// as large as can be, since each has its price.

const methodMember = remembered(
  (method: string) => `","method":"${json(method)}"`,
);
const routeMember = remembered((route: string) => `,"route":"${json(route)}"`);
const onlyRoute = remembered((route: string) => s2(routeMember(route)));
const statusMember = remembered((status: number) => `${status},"duration_ms":`);
const handlerMember = remembered(
  (handler: string) => `,"handler":"${json(handler)}"`,
);
const timedHandlerMember = remembered(
  (handler: string) => `${handlerMember(handler)},"handler_ms":`,
);

/** The time of a request, and its record from after `,"path":"` to before `,"request_id":`. */
export function packRequestHead(record: RequestRecord): string {
  const path = json(record.path);
  const method = methodMember(record.method);
  return (
    s1(timeText(record.timestamp)) +
    u2(path.length + method.length) +
    path +
    method
  );
}

/** A request record from after its id to before the last brace. */
export function packRequestTail(record: RequestRecord): string {
  const { graphql_operation, query, route } = record;
  if (query === undefined && graphql_operation === undefined) {
    return route === undefined ? s2('') : onlyRoute(route);
  }
  let tail = route === undefined ? '' : routeMember(route);
  if (query !== undefined) {
    tail = `,"query":"${json(query)}"${tail}`;
  }
  if (graphql_operation !== undefined) {
    tail += `,"graphql_operation":"${json(graphql_operation)}"`;
  }
  return s2(tail);
}

/** The time of a response, and its record from after `"status_code":` to before the last brace. */
export function packResponse(record: ResponseRecord): string {
  const { handler, handler_ms } = record;
  let rest =
    statusMember(record.status_code) + durationText(record.duration_ms);
  if (handler !== undefined && handler_ms !== undefined) {
    rest += timedHandlerMember(handler) + durationText(handler_ms);
  } else if (handler !== undefined) {
    rest += handlerMember(handler);
  } else if (handler_ms !== undefined) {
    rest += `,"handler_ms":${durationText(handler_ms)}`;
  }
  if (record.error !== undefined) {
    rest += `,"error":"${json(record.error)}"`;
  }
  if (record.error_message !== undefined) {
    rest += `,"error_message":"${json(record.error_message)}"`;
  }
  if (record.aborted === true) {
    rest += ',"aborted":true';
  }
  return s1(timeText(record.timestamp)) + s2(rest);
}
