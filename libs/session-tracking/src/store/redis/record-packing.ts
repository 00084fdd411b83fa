import { remembered } from '../../model/remembered.js';
import type { RequestRecord, ResponseRecord } from '../../model/records.js';
import { durationText } from './number-text.js';
import { json } from './packed-text.js';

// A record travels to Redis in pieces, around what request and response share, and the script puts it
// together. Written by hand: JSON.stringify of a whole record takes several times as long, on the
// application's own thread. Times and ids need no escape.

const methodMember = remembered(
  (method: string) => `","method":"${json(method)}"`,
);
const routeMember = remembered((route: string) => `,"route":"${json(route)}"`);
const handlerMember = remembered(
  (handler: string) => `,"handler":"${json(handler)}"`,
);

/** A request record from after its timestamp to before `,"request_id":`. */
export function requestHead({ path, method }: RequestRecord): string {
  return `,"path":"${json(path)}${methodMember(method)}`;
}

/** A request record from after its id to before the last brace. */
export function requestTail(record: RequestRecord): string {
  let tail = record.route === undefined ? '' : routeMember(record.route);
  if (record.query !== undefined) {
    tail = `,"query":"${json(record.query)}"${tail}`;
  }
  if (record.graphql_operation !== undefined) {
    tail += `,"graphql_operation":"${json(record.graphql_operation)}"`;
  }
  return tail;
}

/** A response record from after `"status_code":` to before the last brace. */
export function responseRest(record: ResponseRecord): string {
  let rest = `${record.status_code},"duration_ms":${durationText(record.duration_ms)}`;
  if (record.handler !== undefined) {
    rest += handlerMember(record.handler);
  }
  if (record.handler_ms !== undefined) {
    rest += `,"handler_ms":${durationText(record.handler_ms)}`;
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
  return rest;
}
