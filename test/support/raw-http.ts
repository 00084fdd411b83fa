import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** Sends bytes as they are and gives back everything the server says until it closes. */
export async function sendRaw(port: number, message: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(message);
  return text(socket);
}

/** Sends bytes as they are and leaves once the time has come. */
export async function sendRawAndLeave(
  port: number,
  message: string,
  timeToLeave: Promise<void>,
): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(message);
  await timeToLeave;
  socket.destroy();
}

/** A request whose client can leave at any time. */
export interface AbortableRequest {
  /** The response's head, once it has come. */
  readonly head: Promise<IncomingMessage>;
  abort(): void;
}

/** Sends a GET and leaves the response to the test. */
export function sendAbortable(
  url: string,
  headers: Record<string, string> = {},
): AbortableRequest {
  const outgoing = request(url, { agent: false, headers });
  const head = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', (response) => {
      // A response that is cut off is what these tests are about.
      response.on('error', () => undefined);
      resolve(response);
    });
    outgoing.on('error', reject);
  });
  // Nobody waits for the head of a request that is aborted before it.
  head.catch(() => undefined);
  outgoing.end();
  return { head, abort: () => void outgoing.destroy() };
}
