import type { RequestListener, Server } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';
import { shareHiddenClasses } from './express-classes.js';
import { attachToFastify } from './fastify-source.js';
import type { HttpCapture } from './http-capture.js';
import { followOtherServers } from './other-servers.js';
import { sendRequestId, sendRequestIdLate } from './request-id-header.js';

/**
 * Lets capture see every request of the platform before the host's own code does. The server's own
 * event is the source on both platforms: it alone sees what is answered before routing, such as a
 * URL that cannot be decoded.
 *
 * @returns what stops it where the servers are the host's own, which no shutdown of the app closes
 */
export function attachToPlatform(
  adapter: HttpAdapterHost['httpAdapter'],
  capture: HttpCapture,
): () => void {
  const server: Server = adapter.getHttpServer();
  const isFastify = adapter.getType() === 'fastify';
  const send = isFastify ? sendRequestIdLate : sendRequestId;
  const begin: RequestListener = (request, response) =>
    capture.begin(request, response, send);
  server.prependListener('request', begin);
  if (isFastify) {
    attachToFastify(adapter.getInstance(), capture);
    return () => undefined;
  }
  const express = adapter.getInstance();
  shareHiddenClasses(server, express, begin);
  return followOtherServers(
    {
      own: server,
      lead: (other) => other.listeners('request').includes(express),
    },
    begin,
  );
}
