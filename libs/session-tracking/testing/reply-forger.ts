import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy in front of Redis that gives out replies of a test's own. */
export interface ReplyForger {
  readonly url: string;
  /** What takes the place of each reply from now on, as bytes on the wire; undefined for none. */
  forge(reply: string | undefined): void;
  stop(): void;
}

/** Starts one on a free port of loopback; a chunk counts as a reply, which holds for short ones. */
export async function startReplyForger(redisUrl: string): Promise<ReplyForger> {
  const { hostname, port } = new URL(redisUrl);
  const sockets = new Set<Socket>();
  let forged: string | undefined;
  const server = createServer((client) => {
    const redis = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
    client.pipe(redis);
    redis.on('data', (reply) => client.write(forged ?? reply));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `redis://127.0.0.1:${address.port}`,
    forge: (reply) => {
      forged = reply;
    },
    stop: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}
