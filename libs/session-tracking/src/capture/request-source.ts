import type { HttpAdapterHost } from '@nestjs/core';
import { attachToExpress } from './express-source.js';
import { attachToFastify } from './fastify-source.js';
import type { HttpCapture } from './http-capture.js';

/**
 * Lets capture see every request of the platform before the host's own code does. The server's own
 * event is the source on both platforms: it alone sees what is answered before routing, such as a
 * URL that cannot be decoded.
 *
 * @returns what lets go of what outlives the application
 */
export function attachToPlatform(
  adapter: HttpAdapterHost['httpAdapter'],
  capture: HttpCapture,
): () => void {
  if (adapter.getType() === 'fastify') {
    attachToFastify(adapter.getInstance(), capture);
    return () => undefined;
  }
  return attachToExpress(
    adapter.getHttpServer(),
    adapter.getInstance(),
    capture,
  );
}
