import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpExchange } from './http-exchange.js';

/** Of Node's response; on HTTP/2 that of its compatibility API. */
interface ResponseHead {
  readonly statusCode: number;
  readonly statusMessage: string;
  /** The text of the headers, once they are gone; HTTP/2 has none. */
  readonly _header?: unknown;
  /** Of HTTP/2 alone. */
  readonly stream?: {
    readonly aborted: boolean;
    readonly rstCode: number;
    readonly sentHeaders?: Readonly<Record<string, unknown>>;
  };
}

/** Where the status stands in `HTTP/1.1 200 OK`. */
const STATUS_AT = { start: 9, end: 12 };

/**
 * The status that a client got. `statusCode` may be set to another one, or to anything, when the headers
 * are gone; only what was sent tells then. To read the text of HTTP/1 takes a while, so that is done where
 * code and message do not belong together.
 */
export function sentStatusOf(response: ResponseHead): number {
  const { _header: sent, statusCode } = response;
  if (typeof sent !== 'string') {
    const status = response.stream?.sentHeaders?.[':status'];
    return typeof status === 'number' ? status : statusCode;
  }
  return STATUS_CODES[statusCode] === response.statusMessage
    ? statusCode
    : Number(sent.slice(STATUS_AT.start, STATUS_AT.end));
}

/**
 * Notes on an exchange when its answer is finished. Node's `finish` tells less: it also comes when a connection
 * is lost with what was still to be written, and HTTP/2 says it of everything. An answer that was written when
 * its handler ended it has certainly left; a longer one has if its connection is there at the end.
 */
export function followFinish(exchange: HttpExchange): void {
  const { raw, response } = exchange;
  if (raw.httpVersionMajor === 2) {
    response.on('finish', () => {
      exchange.finished = !isReset(response);
    });
    return;
  }
  if (response.socket !== null && !hasBuffer(response.socket)) {
    // In front of whoever closes the response when it is finished.
    response.prependListener('finish', () => {
      exchange.finished = true;
    });
  } else if (response.writableEnded) {
    exchange.finished = response.writableFinished;
    if (!exchange.finished) {
      finishWithConnection(exchange);
    }
  } else {
    response.on('prefinish', () => {
      if ((response.socket?.writableLength ?? 0) === 0) {
        exchange.finished = !isLost(response.socket);
      } else {
        finishWithConnection(exchange);
      }
    });
  }
}

function finishWithConnection(exchange: HttpExchange): void {
  exchange.response.on('finish', () => {
    exchange.finished = !isLost(exchange.raw.socket);
  });
}

/** What only looks like a socket, as in serverless functions, writes at once. */
function hasBuffer({ writableLength }: Partial<Socket>): boolean {
  return writableLength !== undefined;
}

/** A write that failed leaves nothing to be written either, and destroys its socket only later. */
function isLost(socket: Partial<Socket> | null | undefined): boolean {
  return socket?.destroyed === true || Boolean(socket?.errored);
}

function isReset({ stream }: ResponseHead): boolean {
  return stream === undefined || stream.aborted || stream.rstCode !== 0;
}
