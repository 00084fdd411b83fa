import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How to start a server of one's own. */
export interface RedisServerOptions {
  /** Further command-line arguments of redis-server. */
  args?: string[];
  /** Default: a free one. */
  port?: number | undefined;
  /** Whether data survives `kill()` and `restart()`, synced with every write. Default `false`. */
  appendonly?: boolean;
  /** Makes it a Sentinel that knows the master on this port of loopback as `main`. */
  sentinelOf?: number;
  /** Its working directory, made if need be and left in place. Default: one of its own. */
  dir?: string;
}

/** A redis-server that belongs to a test; it dies with the test process. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Its working directory; `stop()` removes it unless it was given. */
  readonly dir: string;
  /** Ends it in peace and removes its files. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): void;
  /** Lets a frozen server go on. */
  resume(): void;
  /** Starts it again on its port and directory, after ending it in peace if it runs. */
  restart(): Promise<void>;
}

const PROGRAMS = ['redis-server', 'valkey-server'];
const START_DEADLINE_MS = 10_000;
const ANSWER_DEADLINE_MS = 1000;
const STOP_DEADLINE_MS = 5000;
const POLL_MS = 10;
const KEPT_OUTPUT = 10_000;

/**
 * Below the ports that systems give to outgoing connections: a client that keeps trying to reach a
 * server which is down could otherwise be given that very port and be connected to itself. The
 * bus of a cluster node, 10,000 above, stays below them too.
 */
const FIRST_PORT = 10_000;
const PORTS = 10_000;
const PORT_ATTEMPTS = 20;

/** A server that did not come up, with what it wrote. */
class StartError extends Error {
  constructor(
    what: string,
    readonly output: string,
  ) {
    super(`redis-server ${what}: ${output.trim()}`);
  }

  get isPortTaken(): boolean {
    return this.output.includes('Address already in use');
  }
}

const running = new Set<ChildProcess>();
const ownDirs = new Set<string>();

process.once('exit', () => {
  for (const child of running) {
    child.kill('SIGKILL');
  }
  for (const dir of ownDirs) {
    removeOwnDir(dir);
  }
});

/** Starts a redis-server (or valkey-server) on loopback and waits until it answers. */
export async function startRedisServer(
  options: RedisServerOptions = {},
): Promise<RedisServer> {
  const dir = options.dir ?? makeOwnDir();
  mkdirSync(dir, { recursive: true });
  const launchOn = (port: number): Promise<ChildProcess> =>
    launch(argumentsFor(port, dir, options), port);

  let port: number;
  let child: ChildProcess;
  try {
    [port, child] =
      options.port === undefined
        ? await launchOnFreePort(launchOn)
        : [options.port, await launchOn(options.port)];
  } catch (error) {
    removeOwnDir(dir);
    throw error;
  }

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    async stop() {
      await end(child, 'SIGTERM');
      removeOwnDir(dir);
    },
    kill: () => end(child, 'SIGKILL'),
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async restart() {
      await end(child, 'SIGTERM');
      child = await launchOn(port);
    },
  };
}

function argumentsFor(
  port: number,
  dir: string,
  { appendonly = false, args = [], sentinelOf }: RedisServerOptions,
): string[] {
  if (sentinelOf !== undefined) {
    // A Sentinel takes no part of its configuration from elsewhere, and writes into the file.
    const config = join(dir, 'sentinel.conf');
    writeFileSync(
      config,
      `bind 127.0.0.1\nport ${port}\ndir ${dir}\nsentinel monitor main 127.0.0.1 ${sentinelOf} 1\n`,
    );
    return [config, '--sentinel', ...args];
  }
  return [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    dir,
    '--save',
    '',
    '--appendonly',
    appendonly ? 'yes' : 'no',
    ...(appendonly ? ['--appendfsync', 'always'] : []),
    ...args,
  ];
}

async function launchOnFreePort(
  launchOn: (port: number) => Promise<ChildProcess>,
): Promise<[port: number, child: ChildProcess]> {
  for (let attempt = 1; ; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    try {
      return [port, await launchOn(port)];
    } catch (error) {
      const isPortTaken = error instanceof StartError && error.isPortTaken;
      if (!isPortTaken || attempt === PORT_ATTEMPTS) {
        throw error;
      }
    }
  }
}

async function launch(args: string[], port: number): Promise<ChildProcess> {
  const child = await spawnServer(args);
  running.add(child);
  const watchdog = watchOver(child);
  child.once('exit', () => {
    running.delete(child);
    watchdog.kill('SIGKILL');
  });

  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  // What it wrote last arrives after its exit.
  const closed = once(child, 'close');

  const deadline = performance.now() + START_DEADLINE_MS;
  while (!(await isServedBy(child, port))) {
    if (hasEnded(child)) {
      await closed;
      throw new StartError(
        `ended with ${child.exitCode ?? child.signalCode}`,
        output,
      );
    }
    if (performance.now() > deadline) {
      await end(child, 'SIGKILL');
      throw new StartError('does not answer', output);
    }
    await sleep(POLL_MS);
  }
  return child;
}

async function spawnServer(args: string[]): Promise<ChildProcess> {
  for (const program of PROGRAMS) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      await once(child, 'spawn');
      return child;
    } catch (error) {
      if (!isNotFound(error)) {
        throw error;
      }
    }
  }
  throw new Error(
    'Neither redis-server nor valkey-server is on PATH; run `node scripts/ensure-redis-server.mjs`.',
  );
}

/**
 * Kills the server when this process is gone without a chance to do so itself. The pipe is what
 * tells: the system closes it, however the process ends.
 */
function watchOver({ pid }: ChildProcess): ChildProcess {
  return spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Away from the terminal's signals, which end the test process first.
    detached: true,
  });
}

async function end(
  child: ChildProcess,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  if (hasEnded(child)) {
    return;
  }
  const exited = once(child, 'exit');
  child.kill(signal);
  // A frozen server takes the signal when it goes on, before anything else.
  child.kill('SIGCONT');
  const lastResort = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(lastResort);
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Whether this server, and not another one on the same port, is ready to work. */
async function isServedBy(
  { pid }: ChildProcess,
  port: number,
): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(ANSWER_DEADLINE_MS, () => socket.destroy());
  socket.write('PING\r\nINFO server\r\n');
  let reply = '';
  try {
    for await (const chunk of socket) {
      reply += String(chunk);
      // It wants a password, so it is up; it says no more to a stranger.
      if (reply.startsWith('-NOAUTH')) {
        return true;
      }
      const served = /^process_id:(\d+)\r$/m.exec(reply);
      if (served !== null) {
        return reply.startsWith('+PONG') && Number(served[1]) === pid;
      }
    }
    return false;
  } catch {
    return false;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function makeOwnDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'session-tracking-redis-'));
  ownDirs.add(dir);
  return dir;
}

function removeOwnDir(dir: string): void {
  if (ownDirs.delete(dir)) {
    // A server that was just killed may still be writing a file.
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}
