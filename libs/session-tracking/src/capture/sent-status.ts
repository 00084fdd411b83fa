import { STATUS_CODES } from 'node:http';

/** Of Node's response. */
interface ResponseHead {
  readonly statusCode: number;
  readonly statusMessage: string;
  /** The text of the headers, once they are gone. */
  readonly _header?: unknown;
}

/** Where the status stands in `HTTP/1.1 200 OK`. */
const STATUS_AT = { start: 9, end: 12 };

/**
 * The status that a client got. `statusCode` may be set to another one, or to anything, when the headers
 * are gone; only the text that was sent tells then. To read it takes a while, so that is done where code
 * and message do not belong together. HTTP/2 has no such text.
 */
export function sentStatusOf(response: ResponseHead): number {
  const { _header: sent, statusCode } = response;
  return typeof sent !== 'string' ||
    STATUS_CODES[statusCode] === response.statusMessage
    ? statusCode
    : Number(sent.slice(STATUS_AT.start, STATUS_AT.end));
}
