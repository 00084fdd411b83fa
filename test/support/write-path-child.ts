import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';

import type {
  HostAnswer,
  HostQuestion,
  HostState,
  ProcessSettings,
} from './write-path-host.js';

/** Host applications in a process of their own, which lives and dies by itself. */
export interface HostProcess {
  /** One for each app. */
  readonly urls: readonly string[];
  /** Settles when the process has ended, with its exit code or the signal that ended it. */
  readonly exited: Promise<number | string>;
  /** Everything it printed. */
  output(): string;
  /** Of each app. */
  states(): Promise<HostState[]>;
  /** Lets the requests go that `HeldController` holds. */
  release(): void;
  /** Sends SIGTERM. */
  terminate(): void;
}

const ROOT = resolve(import.meta.dirname, '../..');

/** The host is TypeScript with decorators, which Node alone does not run; it uses the library's sources. */
const RUN_HOST = `
const { runnerImport } = await import('vite');
await runnerImport(process.env.HOST_FILE, {
  root: process.cwd(),
  configFile: false,
  logLevel: 'error',
  resolve: {
    alias: {
      'nestjs-session-tracking': process.cwd() + '/libs/session-tracking/src/index.ts',
    },
  },
});
`;

/** Starts hosts and waits until they listen. */
export async function startHosts(
  settings: ProcessSettings,
): Promise<HostProcess> {
  const child = spawn(
    process.execPath,
    ['--input-type=module', '--eval', RUN_HOST],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        HOST_FILE: resolve(import.meta.dirname, 'write-path-host.ts'),
        HOST_SETTINGS: JSON.stringify(settings),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(child, 'exit').then(
    ([code, signal]): number | string => signal ?? code,
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let urls: readonly string[] = [];
  child.on('message', (answer: HostAnswer) => {
    if (answer.type === 'listening') {
      ({ urls } = answer);
    }
  });
  await vi.waitFor(
    () => {
      if (child.exitCode !== null) {
        throw new Error(output);
      }
      expect(urls).toHaveLength(settings.apps.length);
    },
    { timeout: 15_000, interval: 20 },
  );
  return {
    urls,
    exited,
    output: () => output,
    release: () => void child.send('release' satisfies HostQuestion),
    states: () => askForStates(child),
    terminate: () => void child.kill('SIGTERM'),
  };
}

async function askForStates(child: ChildProcess): Promise<HostState[]> {
  const answered = new Promise<HostState[]>((resolveAnswer) => {
    const listen = (answer: HostAnswer): void => {
      if (answer.type === 'state') {
        child.off('message', listen);
        resolveAnswer(answer.states);
      }
    };
    child.on('message', listen);
  });
  child.send('state' satisfies HostQuestion);
  return answered;
}
