import { existsSync, readFileSync } from 'node:fs';

const PROBE_MS = 1;

/** Where Linux counts for how long this thread had a core, and for how long it waited for one. */
const SCHEDULE = '/proc/thread-self/schedstat';

/** For how many milliseconds at most the event loop came to nothing else. */
export interface LongestBlocks {
  blockMs: number;
  /** Without the time in which its thread was ready to go on and its core had another one at work; where the system does not count that, the same. */
  ownBlockMs: number;
}

/** Watches the event loop of its own process. */
export class LoopWatch {
  private timer: NodeJS.Timeout | undefined;
  private longest: LongestBlocks = { blockMs: 0, ownBlockMs: 0 };
  private lastAt = 0;
  private lastWaitedMs = 0;

  start(): void {
    this.longest = { blockMs: 0, ownBlockMs: 0 };
    this.lastAt = performance.now();
    this.lastWaitedMs = readWaitedMs();
    this.timer ??= setInterval(() => this.probe(), PROBE_MS);
  }

  stop(): LongestBlocks {
    this.probe();
    clearInterval(this.timer);
    this.timer = undefined;
    return this.longest;
  }

  private probe(): void {
    const at = performance.now();
    const waitedMs = readWaitedMs();
    const blockMs = Math.max(0, at - this.lastAt - PROBE_MS);
    const ownBlockMs = Math.max(0, blockMs - (waitedMs - this.lastWaitedMs));
    this.longest = {
      blockMs: Math.max(this.longest.blockMs, blockMs),
      ownBlockMs: Math.max(this.longest.ownBlockMs, ownBlockMs),
    };
    this.lastAt = at;
    this.lastWaitedMs = waitedMs;
  }
}

/** For how long this thread has waited for a core since it began. */
function readWaitedMs(): number {
  if (!existsSync(SCHEDULE)) {
    return 0;
  }
  const [, waitedNanoseconds] = readFileSync(SCHEDULE, 'utf8').split(' ');
  return Number(waitedNanoseconds) / 1e6;
}
