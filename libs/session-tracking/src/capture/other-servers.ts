import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** Node's message on the channel below. */
interface RequestStart {
  request: IncomingMessage;
  response: ServerResponse;
  server: Server;
}

const REQUEST_START = 'http.server.request.start';

/** Servers of this process that hand their requests to the application, besides its own one. */
export interface OtherServers {
  readonly own: Server;
  /** Whether another server does. */
  lead(server: Server): boolean;
}

/** Begins what arrives at such servers, until the function is called that it returns. */
export function followOtherServers(
  servers: OtherServers,
  begin: (request: IncomingMessage, response: ServerResponse) => void,
): () => void {
  const listener = (message: unknown): void => {
    const { request, response, server } = message as RequestStart;
    if (server !== servers.own && servers.lead(server)) {
      begin(request, response);
    }
  };
  subscribe(REQUEST_START, listener);
  return () => void unsubscribe(REQUEST_START, listener);
}
