import {
  type ChildProcess,
  spawn,
  type StdioOptions,
} from 'node:child_process';

/** Number of a processor core; undefined leaves the choice to the system. */
export type Core = number | undefined;

const running = new Set<ChildProcess>();

process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.exit(1));
}

/** Starts a process, on one core where that is asked for; none of them outlives this one. */
export function startProcess(
  command: readonly string[],
  { core, stdio }: { core?: Core; stdio: StdioOptions },
): ChildProcess {
  const pinned =
    core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const [program = '', ...args] = pinned;
  const child = spawn(program, args, { stdio });
  running.add(child);
  child.on('exit', () => running.delete(child));
  child.on('error', () => running.delete(child));
  return child;
}
