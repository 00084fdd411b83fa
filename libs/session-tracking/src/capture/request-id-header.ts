import { ServerResponse } from 'node:http';
import { REQUEST_ID_HEADER } from '../model/request-id.js';
import { exchangeOf } from './http-exchange.js';

/**
 * Gives a response the id of its request when its head is written, unless the host gives it another. To set
 * the header before would make Node merge one by one what is written in one go, which takes longer and loses
 * headers that are given twice.
 */
export function sendRequestId(
  response: ServerResponse,
  requestId: string,
): void {
  const late: { writeHead: unknown } = response;
  if (late.writeHead === nodesOwn.writeHead) {
    late.writeHead = writeHeadWithRequestId;
  } else {
    // Somebody else's method would be passed over.
    response.setHeader(REQUEST_ID_HEADER, requestId);
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

/** All responses share it, so that they stay of one shape. */
const writeHeadWithRequestId: HeadWriter['writeHead'] = function (
  statusCode,
  reason,
  headers,
) {
  const exchange = exchangeOf(this.req);
  if (
    exchange === undefined ||
    this.headersSent ||
    this.hasHeader(REQUEST_ID_HEADER)
  ) {
    return nodesOwn.writeHead.call(this, statusCode, reason, headers);
  }
  const text = typeof reason === 'string' ? reason : undefined;
  const given = text === undefined ? (headers ?? reason) : headers;
  if (typeof given !== 'object' || given === null) {
    this.setHeader(REQUEST_ID_HEADER, exchange.requestId);
    return nodesOwn.writeHead.call(this, statusCode, text, given);
  }
  return nodesOwn.writeHead.call(
    this,
    statusCode,
    text,
    withRequestId(given, exchange.requestId),
  );
};

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
