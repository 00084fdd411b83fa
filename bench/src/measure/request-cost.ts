import { PLATFORM_TITLES, type Platform } from '../app/platform.js';
import type { AppUnderTest } from '../processes/app-under-test.js';
import type { Cores } from '../processes/cores.js';
import type { VariantName } from '../variants/index.js';
import { BenchSetting } from './bench-setting.js';
import { tell } from './progress.js';

/**
 * Then all apps start anew: where a process has its code and data in memory, and what its compiler made of the
 * code, is luck of its start, and makes as much as some µs per request.
 */
export const CYCLES_PER_START = 3;

/** Before each turn, unmeasured: the app was idle while the others had theirs. */
const LEAD_IN_SECONDS = 0.2;

/** One turn of one variant. */
export interface Turn {
  cpuMicroseconds: number;
  requestsPerSecond: number;
  /** Share of the turn in which the app used its core; well below 1 the app waited for others. */
  busy: number;
}

/** The turns of one cycle; that of the plain app is the mean of two. */
export interface Cycle {
  turns: ReadonlyMap<VariantName, Turn>;
  /** By how many microseconds per request those two differ: what the machine alone does. */
  noise: number;
}

export interface RequestCost {
  platform: Platform;
  variants: readonly VariantName[];
  cycles: readonly Cycle[];
  /** Records that our variants gave up; above 0 their figures are too good. */
  droppedRecords: number;
}

export interface RequestCostOptions {
  cores: Cores;
  platform: Platform;
  /** Without the plain app. */
  variants: readonly VariantName[];
  cycles: number;
  seconds: number;
}

/** All variants alive at once, in short turns, so that a drift of the machine meets them all. */
export async function measureRequestCost(
  options: RequestCostOptions,
): Promise<RequestCost> {
  const { platform, variants } = options;
  const cycles: Cycle[] = [];
  let droppedRecords = 0;
  while (cycles.length < options.cycles) {
    const measured = await measureCycles(
      options,
      Math.min(CYCLES_PER_START, options.cycles - cycles.length),
    );
    cycles.push(...measured.cycles);
    droppedRecords += measured.droppedRecords;
    tell(
      `${PLATFORM_TITLES[platform]}: cycle ${cycles.length} of ${options.cycles}`,
    );
  }
  return { platform, variants, cycles, droppedRecords };
}

/** Some cycles of apps that start for them. */
function measureCycles(
  { cores, platform, variants, seconds }: RequestCostOptions,
  count: number,
): Promise<Pick<RequestCost, 'cycles' | 'droppedRecords'>> {
  return BenchSetting.use({ cores }, async (setting) => {
    const startWarm = async (variant: VariantName): Promise<AppUnderTest> => {
      tell(`${PLATFORM_TITLES[platform]}: warming up ${variant}`);
      const app = await setting.startApp(variant, platform);
      await app.warmUp();
      return app;
    };
    const plain = await startWarm('plain');
    const others: AppUnderTest[] = [];
    for (const variant of variants) {
      others.push(await startWarm(variant));
    }
    const droppedBefore = await countDropped(others);
    const cycles: Cycle[] = [];
    while (cycles.length < count) {
      cycles.push(await runCycle(plain, shuffled(others), seconds));
    }
    return {
      cycles,
      droppedRecords: (await countDropped(others)) - droppedBefore,
    };
  });
}

/** The plain app has its turns apart, as every other variant has, and so finds its caches as cold. */
async function runCycle(
  plain: AppUnderTest,
  others: readonly AppUnderTest[],
  seconds: number,
): Promise<Cycle> {
  const middle = Math.ceil(others.length / 2);
  const first = await takeTurn(plain, seconds);
  const turns = new Map<VariantName, Turn>();
  for (const app of others.slice(0, middle)) {
    turns.set(app.variant, await takeTurn(app, seconds));
  }
  const second = await takeTurn(plain, seconds);
  for (const app of others.slice(middle)) {
    turns.set(app.variant, await takeTurn(app, seconds));
  }
  return {
    turns: turns.set('plain', mean(first, second)),
    noise: Math.abs(first.cpuMicroseconds - second.cpuMicroseconds),
  };
}

async function takeTurn(app: AppUnderTest, seconds: number): Promise<Turn> {
  await app.clients.saturate(LEAD_IN_SECONDS);
  await app.settle();
  const before = await app.server.call('cpuMicroseconds');
  const outcome = await app.clients.saturate(seconds);
  await app.settle();
  const used = (await app.server.call('cpuMicroseconds')) - before;
  return {
    cpuMicroseconds: used / outcome.answered,
    requestsPerSecond: outcome.answered / outcome.seconds,
    busy: used / 1e6 / outcome.seconds,
  };
}

function mean(a: Turn, b: Turn): Turn {
  return {
    cpuMicroseconds: (a.cpuMicroseconds + b.cpuMicroseconds) / 2,
    requestsPerSecond: (a.requestsPerSecond + b.requestsPerSecond) / 2,
    busy: (a.busy + b.busy) / 2,
  };
}

/** No variant always has the same one before it. */
function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, rank: Math.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

async function countDropped(apps: readonly AppUnderTest[]): Promise<number> {
  let dropped = 0;
  for (const app of apps) {
    dropped += (await app.countRecords()).dropped;
  }
  return dropped;
}
