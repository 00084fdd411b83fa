import { Redis } from 'ioredis';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import ts from 'typescript';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type RedisServer,
  type RedisServerOptions,
  startRedisServer,
} from './redis-server.js';

async function start(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedisServer(options);
  onTestFinished(() => server.stop());
  return server;
}

function clientOf({ url }: Pick<RedisServer, 'url'>): Redis {
  const redis = new Redis(url, { retryStrategy: () => 20 });
  redis.on('error', () => undefined);
  onTestFinished(() => redis.disconnect());
  return redis;
}

function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'redis-server-spec-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function isTaken(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('a redis-server of a test', () => {
  it('answers, and is gone with its files after stop', async () => {
    const server = await start();
    expect(server.url).toBe(`redis://127.0.0.1:${server.port}`);
    expect(await clientOf(server).ping()).toBe('PONG');

    await server.stop();
    expect(existsSync(server.dir)).toBe(false);
    expect(await isTaken(server.port)).toBe(false);
    await server.stop();
  });

  it('shares its port and directory with no other', async () => {
    const servers = await Promise.all(Array.from({ length: 6 }, () => start()));
    expect(new Set(servers.map(({ port }) => port)).size).toBe(6);
    expect(new Set(servers.map(({ dir }) => dir)).size).toBe(6);
  });

  it('takes another port when the first choice is taken', async () => {
    const first = await start();
    const share = (first.port - 10_000 + 0.5) / 10_000;
    const random = vi.spyOn(Math, 'random').mockReturnValueOnce(share);
    onTestFinished(() => random.mockRestore());
    const second = await start();
    expect(random.mock.calls.length).toBeGreaterThan(1);
    expect(second.port).not.toBe(first.port);
  });

  it('begins empty and keeps nothing by default', async () => {
    const server = await start();
    const redis = clientOf(server);
    expect(await redis.dbsize()).toBe(0);
    await redis.set('kept', 'no');
    await server.restart();
    expect(await redis.get('kept')).toBeNull();
  });

  it('keeps its data through a crash and a restart with appendonly', async () => {
    const server = await start({ appendonly: true });
    const redis = clientOf(server);
    await redis.set('kept', 'yes');

    await server.kill();
    expect(await isTaken(server.port)).toBe(false);
    await server.restart();
    expect(await redis.get('kept')).toBe('yes');

    await server.restart();
    expect(await redis.get('kept')).toBe('yes');
  });

  it('answers nothing while it is paused', async () => {
    const server = await start();
    const redis = new Redis(server.url, { commandTimeout: 100 });
    onTestFinished(() => redis.disconnect());
    expect(await redis.ping()).toBe('PONG');

    server.pause();
    await expect(redis.ping()).rejects.toThrow('timed out');
    server.resume();
    expect(await redis.ping()).toBe('PONG');
  });

  it.each(['stop', 'kill', 'restart'] as const)(
    'does not keep %s waiting while it is paused',
    async (verb) => {
      const server = await start();
      server.pause();
      await server[verb]();
      expect(await isTaken(server.port)).toBe(verb === 'restart');
    },
  );

  it('takes arguments, also for a password', async () => {
    const server = await start({ args: ['--requirepass', 'secret'] });
    const redis = new Redis(server.url, { password: 'secret' });
    onTestFinished(() => redis.disconnect());
    expect(await redis.ping()).toBe('PONG');
  });

  it('leaves a directory alone that was given to it', async () => {
    const dir = join(makeDir(), 'data');
    const first = await start({ dir, appendonly: true });
    await clientOf(first).set('kept', 'yes');
    await first.stop();
    expect(existsSync(dir)).toBe(true);

    const second = await start({ dir, appendonly: true });
    expect(await clientOf(second).get('kept')).toBe('yes');
  });

  it('says what is wrong when it cannot start', async () => {
    await expect(
      startRedisServer({ args: ['--no-such-setting', '1'] }),
    ).rejects.toThrow('no-such-setting');
  });

  it('takes no other server on its port for itself', async () => {
    const { port } = await start();
    await expect(startRedisServer({ port })).rejects.toThrow(
      'Address already in use',
    );
  });

  it('does not wait for a stranger on its port to speak', async () => {
    const stranger = createServer().listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    const address = stranger.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await expect(startRedisServer({ port })).rejects.toThrow(
      'Address already in use',
    );
  });

  it('names the script that installs it when it is missing', async () => {
    vi.stubEnv('PATH', makeDir());
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(startRedisServer()).rejects.toThrow(
      'node scripts/ensure-redis-server.mjs',
    );
  });

  it('is a valkey-server where there is no redis-server', async () => {
    const { stdout } = spawnSync(
      '/bin/sh',
      ['-c', 'command -v redis-server || command -v valkey-server'],
      { encoding: 'utf8' },
    );
    const dir = makeDir();
    symlinkSync(stdout.trim(), join(dir, 'valkey-server'));
    vi.stubEnv('PATH', dir);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await clientOf(await start()).ping()).toBe('PONG');
  });

  it.each([
    ['is killed', 'SIGKILL', ''],
    ['ends in the ordinary way', undefined, 'process.exit(0);'],
  ] as const)(
    'dies with the test process when that %s',
    async (_, signal, ending) => {
      const dir = makeDir();
      // Plain Node does not run TypeScript, and a test process has to be one's own to be killed.
      const { outputText } = ts.transpileModule(
        readFileSync(resolve(import.meta.dirname, 'redis-server.ts'), 'utf8'),
        {
          compilerOptions: {
            module: ts.ModuleKind.ESNext,
            target: ts.ScriptTarget.ES2023,
          },
        },
      );
      writeFileSync(join(dir, 'redis-server.mjs'), outputText);
      writeFileSync(
        join(dir, 'test.mjs'),
        `import { startRedisServer } from './redis-server.mjs';
         const { port } = await startRedisServer();
         process.stdout.write(port + '\\n', () => { ${ending} });`,
      );
      const child = spawn(process.execPath, [join(dir, 'test.mjs')], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TMPDIR: dir },
      });
      let output = text(child.stdout);
      if (signal !== undefined) {
        const [line] = await once(child.stdout, 'data');
        output = Promise.resolve(String(line));
        child.kill(signal);
      }
      const port = Number(await output);
      expect(port).toBeGreaterThan(0);
      await vi.waitFor(async () => expect(await isTaken(port)).toBe(false), {
        timeout: 5000,
      });
    },
  );
});
