import type { RequestListener, Server } from 'node:http';
import { shareHiddenClasses } from './express-classes.js';
import type { HttpCapture } from './http-capture.js';

/** Where every request goes that is handed to an Express application. */
interface RequestHandler {
  handle: (this: unknown, ...from: Parameters<RequestListener>) => unknown;
}

/**
 * Begins what arrives at the platform's own server, and what reaches its Express on another way: from
 * servers that the host made itself, or mounted into another Express.
 *
 * @returns what ends the second, which no shutdown of the application does
 */
export function attachToExpress(
  server: Server,
  express: unknown,
  capture: HttpCapture,
): () => void {
  const begin: RequestListener = (request, response) =>
    capture.begin(request, response);
  server.prependListener('request', begin);
  shareHiddenClasses(server, express, begin);
  return isRequestHandler(express)
    ? beginWhereHandled(express, begin)
    : () => undefined;
}

function isRequestHandler(express: unknown): express is RequestHandler {
  return (
    typeof express === 'function' &&
    'handle' in express &&
    typeof express.handle === 'function'
  );
}

function beginWhereHandled(
  express: RequestHandler,
  begin: RequestListener,
): () => void {
  const { handle } = express;
  let isAttached = true;
  const beginAndHandle = function (
    this: unknown,
    ...from: Parameters<RequestListener>
  ): unknown {
    if (isAttached) {
      begin(...from);
    }
    return Reflect.apply(handle, this, from);
  };
  express.handle = beginAndHandle;
  return () => {
    isAttached = false;
    // Unless somebody else has put their own around it.
    if (express.handle === beginAndHandle) {
      express.handle = handle;
    }
  };
}
