import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Core, startProcess } from './start-process.js';

const START_LIMIT_MS = 60_000;

export interface RedisServerOptions {
  core?: Core;
  /** Whether the data outlives a restart (append-only file). */
  durable?: boolean;
}

/** A `redis-server` on a free port with a directory of its own. */
export class RedisServer {
  /** For questions about the server; knows how to wait for it. */
  readonly client: Redis;
  private child: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly options: RedisServerOptions,
  ) {
    this.client = new Redis({ port, lazyConnect: true });
    this.client.on('error', () => undefined);
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'bench-redis-'));
    const server = new RedisServer(directory, await freePort(), options);
    await server.up();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the server and waits until it answers. */
  async up(): Promise<void> {
    const child = startProcess(this.command(), {
      core: this.options.core,
      stdio: 'ignore',
    });
    this.child = child;
    await Promise.race([this.untilItAnswers(), failure(child)]);
  }

  /** Stops the server as its operator would; what is durable stays. */
  async down(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child !== undefined) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
  }

  /** Stops the server for good and removes its data. */
  async dispose(): Promise<void> {
    this.client.disconnect();
    await this.down();
    await rm(this.directory, { recursive: true, force: true });
  }

  private command(): string[] {
    const { durable = false } = this.options;
    const settings = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.directory,
      save: '',
      appendonly: durable ? 'yes' : 'no',
      'auto-aof-rewrite-percentage': 0,
    };
    return [
      'redis-server',
      ...Object.entries(settings).flatMap(([name, value]) => [
        `--${name}`,
        String(value),
      ]),
    ];
  }

  private async untilItAnswers(): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    for (;;) {
      try {
        // Rejects while the server is still loading its data.
        await this.client.get('any');
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw new Error('redis-server did not start.', { cause: error });
        }
        await wait(20);
      }
    }
  }
}

/** Rejects when the process ends or cannot be started at all. */
async function failure(child: ChildProcess): Promise<never> {
  const [reason]: unknown[] = await once(child, 'exit').catch(
    (error: unknown) => [error],
  );
  throw new Error(
    'redis-server does not run. Redis 7 or newer is needed, with redis-server on the PATH.',
    { cause: reason },
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
