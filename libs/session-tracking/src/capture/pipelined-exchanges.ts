import type { Socket } from 'node:net';
import type { HttpExchange } from './http-exchange.js';

/** Requests sent on a connection before the answers to those in front of them. */
export class PipelinedExchanges {
  private readonly waiting = new WeakMap<Socket, Set<HttpExchange>>();

  /** Ends an exchange at the latest when its connection closes. */
  endWithConnection(exchange: HttpExchange): void {
    const { raw, response } = exchange;
    const waiting = this.waitingOn(raw.socket);
    waiting.add(exchange);
    response.on('close', () => waiting.delete(exchange));
  }

  /** One listener for a connection, however much is sent at once. */
  private waitingOn(socket: Socket): Set<HttpExchange> {
    const known = this.waiting.get(socket);
    if (known !== undefined) {
      return known;
    }
    const waiting = new Set<HttpExchange>();
    this.waiting.set(socket, waiting);
    socket.on('close', () =>
      waiting.forEach((exchange) => exchange.end(exchange)),
    );
    return waiting;
  }
}
