import { setTimeout as wait } from 'node:timers/promises';
import type { TrackerStats } from 'nestjs-session-tracking';
import type { Outcome } from '../load/tally.js';
import { BenchSetting } from '../measure/bench-setting.js';
import { tell } from '../measure/progress.js';
import type { SoakOptions } from '../options/soak-options.js';
import type { AppUnderTest } from '../processes/app-under-test.js';
import type { Cores } from '../processes/cores.js';
import { breakRedis, type Outage } from './outages.js';
import { readStoredCounts, type StoredCounts } from './stored-counts.js';

const SAMPLE_MS = 5000;

/** One look at the app. */
export interface Sample {
  atSeconds: number;
  heapUsed: number;
  rss: number;
  stats: TrackerStats;
}

export interface SoakResult {
  outcome: Outcome;
  samples: readonly Sample[];
  outages: readonly Outage[];
  /** After the last record was stored. */
  stats: TrackerStats;
  redis: StoredCounts;
}

/** Steady load, while Redis is stopped and started again three times. */
export function runSoak(
  { minutes, rate, platform }: SoakOptions,
  cores: Cores,
): Promise<SoakResult> {
  const seconds = minutes * 60;
  return BenchSetting.use({ cores, durableRedis: true }, async (setting) => {
    const app = await setting.startApp('tracking', platform, {
      nodeOptions: ['--expose-gc'],
    });
    tell(`${rate} requests/s for ${minutes} minutes`);
    const over = new AbortController();
    const load = app.clients.pace(rate, seconds).finally(() => over.abort());
    const [outcome, samples, outages] = await Promise.all([
      load,
      takeSamples(app, over.signal),
      breakRedis(setting.redis, seconds),
    ]);
    await app.untilStored();
    return {
      outcome,
      samples,
      outages,
      stats: await statsOf(app),
      redis: await readStoredCounts(setting.redis.client),
    };
  });
}

async function takeSamples(
  app: AppUnderTest,
  over: AbortSignal,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  while (!over.aborted) {
    const { heapUsed, rss } = await app.server.call('memory');
    const stats = await statsOf(app);
    const atSeconds = (performance.now() - startedAt) / 1000;
    samples.push({ atSeconds, heapUsed, rss, stats });
    await wait(SAMPLE_MS);
  }
  return samples;
}

async function statsOf(app: AppUnderTest): Promise<TrackerStats> {
  const stats = await app.server.call('trackerStats');
  if (stats === undefined) {
    throw new Error(`The variant ${app.variant} tracks nothing.`);
  }
  return stats;
}
