import { ServerResponse } from 'node:http';
import { REQUEST_ID_HEADER } from '../model/records/request-id.js';
import { exchangeOf, type HttpExchange } from './http-exchange.js';

/**
 * Gives a response the id of its request when its head is written, unless the host gives it another. To set
 * the header before would make Node merge one by one what is written in one go, which takes longer and loses
 * headers that are given twice.
 */
export function sendRequestId({
  raw,
  response,
  requestId,
}: HttpExchange): void {
  if (raw.httpVersionMajor === 2) {
    // Its head may be written without a call of the method, and merges as it is.
    response.setHeader(REQUEST_ID_HEADER, requestId);
    return;
  }
  const late: { writeHead: unknown } = response;
  const { writeHead } = late;
  if (writeHead === nodesOwn.writeHead) {
    late.writeHead = writeHeadWithRequestId;
  } else if (isWriteHead(writeHead)) {
    // What a host has put around Node's method still has its turn.
    late.writeHead = withRequestIdBefore({ writeHead });
  }
}

/** Of Node's response, whichever of its overloads is called. */
interface HeadWriter {
  writeHead(
    this: ServerResponse,
    statusCode: number,
    reason?: unknown,
    headers?: unknown,
  ): ServerResponse;
}

const nodesOwn: HeadWriter = ServerResponse.prototype;

/** Nearly all responses share it, so that they stay of one shape. */
const writeHeadWithRequestId = withRequestIdBefore(nodesOwn);

function isWriteHead(value: unknown): value is HeadWriter['writeHead'] {
  return typeof value === 'function';
}

function withRequestIdBefore(next: HeadWriter): HeadWriter['writeHead'] {
  return function (statusCode, reason, headers) {
    const exchange = exchangeOf(this.req);
    if (
      exchange === undefined ||
      this.headersSent ||
      this.hasHeader(REQUEST_ID_HEADER)
    ) {
      return next.writeHead.call(this, statusCode, reason, headers);
    }
    const text = typeof reason === 'string' ? reason : undefined;
    const given = text === undefined ? (headers ?? reason) : headers;
    if (typeof given !== 'object' || given === null) {
      this.setHeader(REQUEST_ID_HEADER, exchange.requestId);
      return next.writeHead.call(this, statusCode, reason, headers);
    }
    const all = withRequestId(given, exchange.requestId);
    return text === undefined
      ? next.writeHead.call(this, statusCode, all)
      : next.writeHead.call(this, statusCode, text, all);
  };
}

/** In the form in which the headers were given: by name, as a list of pairs, or with the pairs in a row. */
function withRequestId(headers: object, requestId: string): object {
  if (!Array.isArray(headers)) {
    return holdsRequestId(headers)
      ? headers
      : { ...headers, [REQUEST_ID_HEADER]: requestId };
  }
  const list: readonly unknown[] = headers;
  const pairs = Array.isArray(list[0]);
  const names = pairs
    ? list.map((pair) => (Array.isArray(pair) ? pair[0] : pair))
    : list.filter((_, index) => index % 2 === 0);
  if (names.some(isRequestId)) {
    return headers;
  }
  const added = [REQUEST_ID_HEADER, requestId];
  return pairs ? [...list, added] : [...list, ...added];
}

function holdsRequestId(headers: { [REQUEST_ID_HEADER]?: unknown }): boolean {
  return (
    headers[REQUEST_ID_HEADER] !== undefined ||
    Object.keys(headers).some(isRequestId)
  );
}

function isRequestId(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === REQUEST_ID_HEADER;
}
