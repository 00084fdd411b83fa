import { ServerResponse } from 'node:http';
import { REQUEST_ID_HEADER } from '../model/request-id.js';
import { exchangeOf } from './http-exchange.js';

/** Gives a response the id of its request. */
export type RequestIdSender = (
  response: ServerResponse,
  requestId: string,
) => void;

/** Sets the header at once. */
export const sendRequestId: RequestIdSender = (response, requestId) => {
  response.setHeader(REQUEST_ID_HEADER, requestId);
};

/**
 * Sets the header when the headers are written, unless the id is among them by then. A header that was
 * set before makes Node merge in one by one what a platform writes in one go, as Fastify does.
 */
export const sendRequestIdLate: RequestIdSender = (response, requestId) => {
  const late: { writeHead: unknown } = response;
  if (late.writeHead === nodesOwn.writeHead) {
    late.writeHead = writeHeadWithRequestId;
  } else {
    // Somebody else's method would be passed over.
    sendRequestId(response, requestId);
  }
};

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
    exchange !== undefined &&
    !this.headersSent &&
    !holdsRequestId(reason) &&
    !holdsRequestId(headers) &&
    !this.hasHeader(REQUEST_ID_HEADER)
  ) {
    sendRequestId(this, exchange.requestId);
  }
  return nodesOwn.writeHead.call(this, statusCode, reason, headers);
};

function holdsRequestId(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null) {
    return false;
  }
  const given: { [REQUEST_ID_HEADER]?: unknown } = headers;
  return given[REQUEST_ID_HEADER] !== undefined;
}
