import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { REQUEST_ID_HEADER } from '../model/records/request-id.js';
import type { HttpCapture } from './http-capture.js';
import { exchangeOf, type HttpExchange } from './http-exchange.js';

/** The little of Fastify that capture touches; the package itself is no dependency. */
interface FastifyLike {
  server: Server;
  addresses(): AddressInfo[];
  addHook(name: 'onRequest' | 'onResponse', hook: RequestHook): unknown;
  addHook(name: 'onListen', hook: (done: () => void) => void): unknown;
  addHook(
    name: 'onClose',
    hook: (instance: unknown, done: () => void) => void,
  ): unknown;
}

type RequestHook = (
  request: FastifyRequestLike,
  reply: FastifyReplyLike,
  done: () => void,
) => void;

interface FastifyReplyLike {
  raw: ServerResponse;
  header(name: string, value: string): unknown;
  hasHeader(name: string): boolean;
}

interface FastifyRequestLike {
  raw: IncomingMessage;
}

/** Node's message on the channel below. */
interface RequestStart {
  request: IncomingMessage;
  response: ServerResponse;
  server: Server;
}

const REQUEST_START = 'http.server.request.start';

/**
 * Ties Fastify's request, which knows the route and the user, to the raw one. What `inject` sends
 * has no event of a server and begins here; where a middleware answers before our first hook, the
 * last one still makes the tie.
 */
export function attachToFastify(
  fastify: FastifyLike,
  capture: HttpCapture,
): void {
  fastify.server.prependListener('request', (request, response) =>
    capture.begin(request, response),
  );
  fastify.addHook('onRequest', (request, reply, done) => {
    if (exchangeOf(request.raw) === undefined) {
      capture.begin(request.raw, reply.raw);
    }
    const exchange = tie(request);
    if (exchange !== undefined && !hasRequestId(reply)) {
      reply.header(REQUEST_ID_HEADER, exchange.requestId);
    }
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    tie(request);
    done();
  });
  followSecondServers(fastify, capture);
}

/** Whether the host has given a response an id by now, on Fastify's reply or on Node's response. */
function hasRequestId(reply: FastifyReplyLike): boolean {
  return (
    reply.hasHeader(REQUEST_ID_HEADER) || reply.raw.hasHeader(REQUEST_ID_HEADER)
  );
}

/** For 'localhost' Fastify opens a second server where that name has two addresses. */
function followSecondServers(fastify: FastifyLike, capture: HttpCapture): void {
  const begin = (message: unknown): void => {
    const { request, response, server } = message as RequestStart;
    if (server !== fastify.server && listensFor(fastify, server)) {
      capture.begin(request, response);
    }
  };
  fastify.addHook('onListen', (done) => {
    if (fastify.addresses().length > 1) {
      subscribe(REQUEST_START, begin);
    }
    done();
  });
  fastify.addHook('onClose', (_instance, done) => {
    unsubscribe(REQUEST_START, begin);
    done();
  });
}

function listensFor(fastify: FastifyLike, server: Server): boolean {
  const own = server.address();
  return (
    own !== null &&
    typeof own !== 'string' &&
    fastify
      .addresses()
      .some(({ address, port }) => address === own.address && port === own.port)
  );
}

function tie(request: FastifyRequestLike): HttpExchange | undefined {
  const exchange = exchangeOf(request.raw);
  if (exchange !== undefined) {
    exchange.hostRequest = request;
  }
  return exchange;
}
