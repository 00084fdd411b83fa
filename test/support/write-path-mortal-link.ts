import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server that can die like the host at its end: without a word, and for good. */
export interface MortalLink {
  readonly url: string;
  /** What is open is never answered again, not even its closing; nor is what is opened meanwhile. */
  die(): void;
  /** New connections get through; those that died stay dead. */
  revive(): void;
  stop(): Promise<void>;
}

/** Starts a link on loopback to a port on loopback. */
export async function startMortalLink(targetPort: number): Promise<MortalLink> {
  const sockets = new Set<Socket>();
  let isDead = false;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    keep(client);
    if (!isDead) {
      const upstream = keep(connect(targetPort, '127.0.0.1'));
      client.pipe(upstream).pipe(client);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The system gave no port.');
  }
  return {
    url: `redis://127.0.0.1:${address.port}`,
    die() {
      isDead = true;
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    revive() {
      isDead = false;
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}
