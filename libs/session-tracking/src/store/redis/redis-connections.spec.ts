import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { useRedis } from '../../../testing/redis-setting.js';
import { RedisConnections } from './redis-connections.js';

const setting = useRedis();

/** A way to Redis that does something else with the first connections. */
async function connectionsThrough(
  first: number,
  receive: (socket: Socket) => void,
): Promise<RedisConnections> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    accepted += 1;
    if (accepted <= first) {
      receive(socket);
      return;
    }
    const upstream = connect(Number(new URL(setting.url).port), '127.0.0.1');
    sockets.add(upstream.on('error', () => undefined));
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connections = new RedisConnections(
    () => Promise.resolve(`redis://127.0.0.1:${port}`),
    { writer: 200, reader: 200 },
  );
  onTestFinished(() => {
    connections.close();
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return connections;
}

function ping(connections: RedisConnections): Promise<string> {
  return connections.ask('writer', 'answer', (redis) => redis.ping());
}

it('gives up a connection that is taken and then never answered', async () => {
  const connections = await connectionsThrough(1, () => undefined);
  await expect(ping(connections)).rejects.toThrow('could not answer');
  await vi.waitFor(
    async () => expect(await ping(connections)).toBe('PONG'),
    5000,
  );
});

it('leaves nothing behind on a client whose connections break again and again', async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warn);
  onTestFinished(() => void process.off('warning', warn));
  const connections = await connectionsThrough(12, (socket) =>
    socket.destroy(),
  );
  await vi.waitFor(
    async () => expect(await ping(connections)).toBe('PONG'),
    20_000,
  );
  expect(warnings).toEqual([]);
}, 30_000);
