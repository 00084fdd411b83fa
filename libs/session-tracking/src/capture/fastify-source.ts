import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCapture } from './http-capture.js';
import { findExchange } from './http-exchange.js';

/** The little of Fastify that capture touches; the package itself is no dependency. */
interface FastifyHooks {
  addHook(
    name: 'onRequest' | 'onResponse',
    hook: (
      request: FastifyRequestLike,
      reply: { raw: ServerResponse },
      done: () => void,
    ) => void,
  ): unknown;
}

interface FastifyRequestLike {
  raw: IncomingMessage;
}

/**
 * Ties Fastify's request, which knows the route and the user, to the raw one. Requests that reach
 * Fastify without an event of the main server (`inject`, a second listener for the same port) begin
 * here; where a middleware answers before our first hook, the last one still makes the tie.
 */
export function attachToFastify(
  fastify: FastifyHooks,
  capture: HttpCapture,
): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    capture.begin(request.raw, reply.raw);
    tie(request);
    done();
  });
  fastify.addHook('onResponse', (request, _reply, done) => {
    tie(request);
    done();
  });
}

function tie(request: FastifyRequestLike): void {
  const exchange = findExchange(request.raw);
  if (exchange !== undefined) {
    exchange.hostRequest = request;
  }
}
