import type { RequestRecord, ResponseRecord } from '../../model/records.js';

// A record travels to Redis in pieces, around what request and response share, and the script puts it
// together. Written by hand: JSON.stringify of a whole record takes several times as long, on the
// application's own thread.

/** A request record from after `{"timestamp":` to before `,"request_id":`. */
export function requestHead(record: RequestRecord): string {
  return `${record.timestamp},"path":${JSON.stringify(record.path)},"method":${JSON.stringify(record.method)}`;
}

/** The id that a request shares with its response, as it stands between the quotes. */
export function requestIdText(
  record: Pick<RequestRecord, 'request_id'> | undefined,
): string {
  return record === undefined
    ? ''
    : JSON.stringify(record.request_id).slice(1, -1);
}

/** A request record from after its id to before the last brace. */
export function requestTail(record: RequestRecord): string {
  let json = '';
  if (record.query !== undefined) {
    json += `,"query":${JSON.stringify(record.query)}`;
  }
  if (record.route !== undefined) {
    json += `,"route":${JSON.stringify(record.route)}`;
  }
  if (record.graphql_operation !== undefined) {
    json += `,"graphql_operation":${JSON.stringify(record.graphql_operation)}`;
  }
  return json;
}

/** A response record from after `"status_code":` to before the last brace. */
export function responseRest(record: ResponseRecord): string {
  let json = `${record.status_code},"duration_ms":${record.duration_ms}`;
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
  return json;
}

/** Between the records of a list: none that we wrote has a line break in it. */
const SEPARATOR = ',\n';

/** Reads records back; what another program put between them and is no JSON object is passed over. */
export function parseRecords<T extends object>(texts: readonly string[]): T[] {
  return parseRecordList(`[${texts.join(SEPARATOR)}]`, texts.length);
}

/** As `parseRecords`, of so many texts between brackets, with a comma and a line break after each but the last. */
export function parseRecordList<T extends object>(
  list: string,
  length: number,
): T[] {
  try {
    // In half the time that it takes to read them one by one.
    const records: (T | null)[] = JSON.parse(list);
    if (records.length === length) {
      return records.filter(isObject);
    }
  } catch {
    // There is a text among them that is no JSON.
  }
  return list
    .slice(1, -1)
    .split(SEPARATOR)
    .flatMap((text) => parseOne<T>(text));
}

function parseOne<T extends object>(text: string): T[] {
  try {
    const record: T | null = JSON.parse(text);
    return isObject(record) ? [record] : [];
  } catch {
    return [];
  }
}

function isObject<T>(value: T | null): value is T {
  return typeof value === 'object' && value !== null;
}
