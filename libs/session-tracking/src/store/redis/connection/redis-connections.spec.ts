import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import { startFaultProxy } from '../../../../testing/fault-proxy.js';
import {
  exchangeOf,
  TestWriter,
  user,
} from '../../../../testing/record-builders.js';
import { useRedis } from '../../../../testing/redis-setting.js';
import { startRedisServer } from '../../../../testing/redis-server.js';
import type { RedisSource } from './create-client.js';
import { RedisConnections } from './redis-connections.js';

const setting = useRedis();

/** A way to Redis that does something else with the first connections. */
function connectionsThrough(
  first: number,
  receive: (socket: Socket) => void,
): Promise<RedisConnections> {
  let accepted = 0;
  return connectionsBy((socket, join) => {
    accepted += 1;
    if (accepted <= first) {
      receive(socket);
    } else {
      join(socket, Number(new URL(setting.url).port));
    }
  });
}

/** A way to wherever the test leads each connection. */
async function connectionsBy(
  lead: (socket: Socket, join: (socket: Socket, port: number) => void) => void,
  sourceOf: (url: string) => RedisSource = (url) => url,
): Promise<RedisConnections> {
  const sockets = new Set<Socket>();
  const server = createServer((accepted) => {
    sockets.add(accepted.on('error', () => undefined));
    lead(accepted, (socket, port) => {
      const upstream = connect(port, '127.0.0.1');
      sockets.add(upstream.on('error', () => undefined));
      socket.pipe(upstream).pipe(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connections = new RedisConnections(
    () => Promise.resolve(sourceOf(`redis://127.0.0.1:${port}`)),
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

/** As where the host has a version of its own: nothing that this one makes is an instance of what ours makes. */
function anotherCopyOfIoredis(): typeof Redis {
  const require = createRequire(import.meta.url);
  for (const path of Object.keys(require.cache)) {
    if (/node_modules\/(?:ioredis|redis-errors)\//.test(path)) {
      delete require.cache[path];
    }
  }
  const { Redis: another }: { Redis: typeof Redis } = require('ioredis');
  return another;
}

function ping(connections: RedisConnections): Promise<string> {
  return connections.ask('writer', 'answer', (redis) => redis.ping());
}

it('gives up a connection that is taken and then never answered', async () => {
  const connections = await connectionsThrough(1, () => undefined);
  await expect(ping(connections)).rejects.toThrow('could not answer');
  await vi.waitFor(
    () => expect(ping(connections)).rejects.toThrow('rediss://'),
    5000,
  );
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

it('tells each time when what is written can be sent again', async () => {
  const connections = await connectionsThrough(0, () => undefined);
  const told = vi.fn<() => void>();
  connections.onWriterReady(told);
  await connections.ask('reader', 'answer', (redis) => redis.ping());
  expect(told).not.toHaveBeenCalled();
  await ping(connections);
  expect(told).toHaveBeenCalledTimes(1);
  await setting.redis.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(2), 5000);
});

it('opens a connection anew that has ended', async () => {
  const connections = await connectionsBy((socket, join) =>
    join(socket, Number(new URL(setting.url).port)),
  );
  await connections.ask('writer', 'end', async (redis) => {
    redis.disconnect();
    await once(redis, 'end');
  });
  expect(await ping(connections)).toBe('PONG');
});

it('says so where the server is a node of a cluster', async () => {
  const node = await startRedisServer({ args: ['--cluster-enabled', 'yes'] });
  onTestFinished(() => node.stop());
  const redis = new Redis(node.url);
  onTestFinished(() => redis.disconnect());
  await redis.call('CLUSTER', 'ADDSLOTS', ...Array(16_384).keys());
  const writer = new TestWriter(setting.openStoreAt(node.url));
  await vi.waitFor(
    () =>
      expect(writer.append(exchangeOf(user('42')))).rejects.toThrow(
        'node of a Redis Cluster',
      ),
    5000,
  );
  expect(await redis.dbsize()).toBe(0);
});

it.each<[string, typeof Redis]>([
  ['ioredis', Redis],
  ['another copy of ioredis', anotherCopyOfIoredis()],
])(
  'looks for the new master where the old one became a replica and kept its connections, by a client of %s',
  async (_copy, HostsRedis) => {
    const other = await startRedisServer();
    onTestFinished(() => other.stop());
    let port = Number(new URL(setting.url).port);
    const connections = await connectionsBy(
      (socket, join) => join(socket, port),
      (url) => new HostsRedis(url, { lazyConnect: true }),
    );
    const write = (): Promise<unknown> =>
      connections.ask('writer', 'write', (redis) => redis.set('a', '1'));
    await write();

    await setting.redis.replicaof('127.0.0.1', other.port);
    onTestFinished(async () => {
      await setting.redis.replicaof('NO', 'ONE');
    });
    port = other.port;
    await expect(write()).rejects.toThrow('READONLY');
    await vi.waitFor(write, 5000);
  },
);

it.each<[string, () => boolean]>([
  ['always reconnects', () => true],
  [
    'throws',
    () => {
      throw new Error("The host's own");
    },
  ],
])(
  'keeps its connection where that of the host %s on an error',
  async (_way, reconnectOnError) => {
    const hosts = new Redis(setting.url, {
      reconnectOnError,
      lazyConnect: true,
    });
    const connections = new RedisConnections(() => Promise.resolve(hosts), {
      writer: 1000,
      reader: 1000,
    });
    onTestFinished(() => connections.close());
    const name = (): Promise<unknown> =>
      connections.ask('writer', 'name', (redis) => redis.client('ID'));
    const before = await name();
    await expect(
      connections.ask('writer', 'run', (redis) => redis.evalsha('none', 0)),
    ).rejects.toThrow('NOSCRIPT');
    expect(await name()).toBe(before);
  },
);

it('sends a command while another is not answered where that of the host would hold it back', async () => {
  const proxy = await startFaultProxy(Number(new URL(setting.url).port));
  onTestFinished(() => proxy.stop());
  const hosts = new Redis(proxy.url, {
    enableAutoPipelining: true,
    lazyConnect: true,
  });
  const connections = new RedisConnections(() => Promise.resolve(hosts), {
    writer: 20_000,
    reader: 20_000,
  });
  onTestFinished(() => connections.close());
  await ping(connections);
  proxy.dropReplies(true);
  for (const key of [setting.key('first'), setting.key('second')]) {
    connections
      .ask('writer', 'write', (redis) => redis.set(key, '1'))
      .catch(() => undefined);
    await vi.waitFor(async () =>
      expect(await setting.redis.exists(key)).toBe(1),
    );
  }
});

it.each([
  ['knows another password', ['--requirepass', 'another']],
  [
    'knows no passwords at all',
    ['--rename-command', 'AUTH', '', '--rename-command', 'HELLO', ''],
  ],
])('lets nobody see its password where Redis %s', async (_, args) => {
  const server = await startRedisServer({ args });
  onTestFinished(() => server.stop());
  const connections = new RedisConnections(
    () => Promise.resolve(server.url.replace('//', '//default:hunter2@')),
    { writer: 200, reader: 200 },
  );
  onTestFinished(() => connections.close());
  const error: unknown = await ping(connections).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StoreUnavailableError);
  expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(
    'hunter2',
  );
});
