import type { RequestRecord, ResponseRecord } from '../../model/records.js';
import type { PackedBytes } from './packed-bytes.js';

// A record travels to Redis in pieces, around what request and response share, and the script puts it
// together. Written by hand: JSON.stringify of a whole record takes several times as long, on the
// application's own thread.

/** A request record from after `{"timestamp":` to before `,"request_id":`. */
export function packRequestHead(
  packed: PackedBytes,
  record: RequestRecord,
): void {
  packed
    .text(String(record.timestamp))
    .text(',"path":"')
    .json(record.path)
    .text('","method":"')
    .json(record.method)
    .text('"');
}

/** A request record from after its id to before the last brace. */
export function packRequestTail(
  packed: PackedBytes,
  record: RequestRecord,
): void {
  if (record.query !== undefined) {
    packed.text(',"query":"').json(record.query).text('"');
  }
  if (record.route !== undefined) {
    packed.text(',"route":"').json(record.route).text('"');
  }
  if (record.graphql_operation !== undefined) {
    packed
      .text(',"graphql_operation":"')
      .json(record.graphql_operation)
      .text('"');
  }
}

/** A response record from after `"status_code":` to before the last brace. */
export function packResponseRest(
  packed: PackedBytes,
  record: ResponseRecord,
): void {
  packed
    .text(String(record.status_code))
    .text(',"duration_ms":')
    .text(String(record.duration_ms));
  if (record.handler !== undefined) {
    packed.text(',"handler":"').json(record.handler).text('"');
  }
  if (record.handler_ms !== undefined) {
    packed.text(',"handler_ms":').text(String(record.handler_ms));
  }
  if (record.error !== undefined) {
    packed.text(',"error":"').json(record.error).text('"');
  }
  if (record.error_message !== undefined) {
    packed.text(',"error_message":"').json(record.error_message).text('"');
  }
  if (record.aborted === true) {
    packed.text(',"aborted":true');
  }
}
