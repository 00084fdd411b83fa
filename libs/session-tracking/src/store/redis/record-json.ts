import type { RequestRecord, ResponseRecord } from '../../model/records.js';

// Put together by hand: JSON.stringify of a whole record takes several times as long, on the
// application's own thread.

/** A request record as it stands in Redis. */
export function requestToJson(record: RequestRecord): string {
  let json = `{"timestamp":${record.timestamp},"path":${JSON.stringify(record.path)},"method":${JSON.stringify(record.method)},"request_id":${JSON.stringify(record.request_id)}`;
  if (record.route !== undefined) {
    json += `,"route":${JSON.stringify(record.route)}`;
  }
  if (record.graphql_operation !== undefined) {
    json += `,"graphql_operation":${JSON.stringify(record.graphql_operation)}`;
  }
  return `${json}}`;
}

/** A response record as it stands in Redis. */
export function responseToJson(record: ResponseRecord): string {
  let json = `{"timestamp":${record.timestamp},"request_id":${JSON.stringify(record.request_id)},"status_code":${record.status_code},"duration_ms":${record.duration_ms}`;
  if (record.handler !== undefined) {
    json += `,"handler":${JSON.stringify(record.handler)}`;
  }
  if (record.handler_ms !== undefined) {
    json += `,"handler_ms":${record.handler_ms}`;
  }
  if (record.error !== undefined) {
    json += `,"error":${JSON.stringify(record.error)}`;
  }
  if (record.error_message !== undefined) {
    json += `,"error_message":${JSON.stringify(record.error_message)}`;
  }
  if (record.aborted === true) {
    json += ',"aborted":true';
  }
  return `${json}}`;
}

/** Reads records back; what another program put between them and is no JSON object is passed over. */
export function parseRecords<T extends object>(texts: readonly string[]): T[] {
  return texts.flatMap((text) => {
    try {
      const record: T | null = JSON.parse(text);
      return typeof record === 'object' && record !== null ? [record] : [];
    } catch {
      return [];
    }
  });
}
