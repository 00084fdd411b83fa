import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type RedisServer,
  type RedisServerOptions,
  startRedisServer,
} from '../../../../testing/redis-server.js';
import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import { RedisConnections } from './redis-connections.js';

async function startServer(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedisServer(options);
  onTestFinished(() => server.stop());
  return server;
}

/** What a store makes of a client of the host that asks these Sentinels for the master. */
function connectionsBy(
  sentinels: readonly RedisServer[],
  sentinelRetryStrategy?: () => number | null,
): RedisConnections {
  const hosts = new Redis({
    sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    name: 'main',
    lazyConnect: true,
    ...(sentinelRetryStrategy && { sentinelRetryStrategy }),
  });
  const connections = new RedisConnections(() => Promise.resolve(hosts), {
    writer: 500,
    reader: 500,
  });
  onTestFinished(() => connections.close());
  return connections;
}

function ping(connections: RedisConnections): Promise<string> {
  return connections.ask('writer', 'answer', (redis) => redis.ping());
}

/** Ends every connection of clients; a Sentinel's own are of another kind. */
async function cutConnectionsTo({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url);
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal');
  redis.disconnect();
}

/** Asks until somebody has tried to reach a server that has ended. */
async function askInVainFor(
  { port }: RedisServer,
  connections: RedisConnections,
): Promise<void> {
  let visitors = 0;
  const standIn = createServer((visitor) => {
    visitors += 1;
    visitor.destroy();
  }).listen(port, '127.0.0.1');
  await once(standIn, 'listening');
  await vi.waitFor(async () => {
    await expect(ping(connections)).rejects.toThrow(StoreUnavailableError);
    expect(visitors).toBeGreaterThan(0);
  }, 5000);
  standIn.close();
  await once(standIn, 'close');
}

describe('a master behind Sentinel', () => {
  it('is found again while one Sentinel is frozen', async () => {
    const master = await startServer();
    const sentinels = [
      await startServer({ sentinelOf: master.port }),
      await startServer({ sentinelOf: master.port }),
    ];
    const connections = connectionsBy(sentinels);
    expect(await ping(connections)).toBe('PONG');
    // Whichever of them is asked first.
    for (const sentinel of [...sentinels.toReversed(), ...sentinels]) {
      sentinel.pause();
      await cutConnectionsTo(master);
      await vi.waitFor(
        async () => expect(await ping(connections)).toBe('PONG'),
        5000,
      );
      sentinel.resume();
    }
  });

  it.each([
    ['gives up at once', null],
    ['would wait for an hour', 3_600_000],
  ])(
    'is found again when all had gone, though the client of the host %s',
    async (_way, delayMs) => {
      const master = await startServer();
      const sentinel = await startServer({ sentinelOf: master.port });
      const connections = connectionsBy([sentinel], () => delayMs);
      expect(await ping(connections)).toBe('PONG');
      await sentinel.kill();
      await master.kill();
      await askInVainFor(sentinel, connections);
      await master.restart();
      await sentinel.restart();
      await vi.waitFor(
        async () => expect(await ping(connections)).toBe('PONG'),
        5000,
      );
    },
  );
});
