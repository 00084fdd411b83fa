import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Core } from './start-process.js';

/** Who runs where. */
export interface Cores {
  readonly pinned: boolean;
  /** The apps that are measured. */
  readonly app: Core;
  /** Redis and the load generator. */
  readonly load: Core;
  /** All but the core of Redis, for those who feed it; at least one. */
  readonly feeders: readonly Core[];
}

/** Gives the apps a core to themselves, where the system can pin a process to a core. */
export function planCores(): Cores {
  const allowed = canPin() ? allowedCores() : [];
  const [app, load, ...rest] = allowed;
  return load === undefined
    ? { pinned: false, app: undefined, load: undefined, feeders: [undefined] }
    : { pinned: true, app, load, feeders: [app, ...rest] };
}

function canPin(): boolean {
  return spawnSync('taskset', ['--version']).status === 0;
}

/** The cores that this process may use, from a list such as `0-3,6`. */
function allowedCores(): number[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
