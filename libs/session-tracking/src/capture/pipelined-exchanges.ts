import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests sent on a connection before the answers to those in front of them. */
export class PipelinedExchanges {
  private readonly waiting = new WeakMap<Socket, Set<() => void>>();

  /** Ends an exchange at the latest when its connection closes. */
  endWithConnection(
    socket: Socket,
    response: ServerResponse,
    end: () => void,
  ): void {
    const waiting = this.waitingOn(socket);
    waiting.add(end);
    response.on('close', () => waiting.delete(end));
  }

  /** One listener for a connection, however much is sent at once. */
  private waitingOn(socket: Socket): Set<() => void> {
    const known = this.waiting.get(socket);
    if (known !== undefined) {
      return known;
    }
    const waiting = new Set<() => void>();
    this.waiting.set(socket, waiting);
    socket.on('close', () => waiting.forEach((end) => end()));
    return waiting;
  }
}
