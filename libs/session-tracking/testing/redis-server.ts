import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How to start a server of one's own. */
export interface RedisServerOptions {
  /** Further command-line arguments of redis-server. */
  args?: string[];
  /** Default: a free one. */
  port?: number;
  /** Whether data survives `restart()`, synced with every write. Default `false`. */
  appendonly?: boolean;
}

/** A redis-server that belongs to a test; it dies with the test process. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Its working directory, removed by `stop()`. */
  readonly dir: string;
  /** Ends it in peace and removes its files. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): void;
  /** Lets a frozen server go on. */
  resume(): void;
  /** Starts it again on its port and directory, after ending it if it runs. */
  restart(): Promise<void>;
}

const ANSWER_DEADLINE_MS = 10_000;
const ANSWER_POLL_MS = 10;

/** Starts a redis-server on loopback and waits until it answers. */
export async function startRedisServer(
  options: RedisServerOptions = {},
): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'session-tracking-redis-'));
  const port = options.port ?? (await findFreePort());
  const args = [
    ...['--bind', '127.0.0.1', '--port', String(port), '--dir', dir],
    ...['--save', '', '--appendonly', options.appendonly ? 'yes' : 'no'],
    ...(options.appendonly ? ['--appendfsync', 'always'] : []),
    ...(options.args ?? []),
  ];
  let child = await start(args, port);

  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  };

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    async stop() {
      await end('SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
    kill: () => end('SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async restart() {
      await end('SIGTERM');
      child = await start(args, port);
    },
  };
}

/** A port on loopback that nothing listens on at the moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('The system gave no port.');
  }
  return address.port;
}

async function start(args: string[], port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let failure: string | undefined;
  child.once('error', () => {
    failure =
      'redis-server is not on PATH; run node scripts/ensure-redis-server.mjs.';
  });
  child.once('exit', (code) => {
    failure ??= `redis-server ended with ${code}: ${output}`;
  });
  const killWithParent = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithParent);
  child.once('exit', () => process.off('exit', killWithParent));

  const deadline = performance.now() + ANSWER_DEADLINE_MS;
  while (!(await answers(port))) {
    if (failure !== undefined || performance.now() > deadline) {
      throw new Error(failure ?? `redis-server does not answer: ${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, ANSWER_POLL_MS));
  }
  if (failure !== undefined) {
    throw new Error(failure);
  }
  return child;
}

/** Whether a server on the port answers a PING, if only to ask for a password. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [reply] = await once(socket, 'data');
    return /^(?:\+PONG|-NOAUTH)/.test(String(reply));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
