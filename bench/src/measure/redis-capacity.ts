import type { FeederArgument, FeederOperations } from '../load/feeder.js';
import type { Cores } from '../processes/cores.js';
import { RedisServer } from '../processes/redis-server.js';
import { Remote } from '../processes/remote.js';
import { tell } from './progress.js';
import {
  readFigures,
  readScriptTimes,
  type ScriptTimes,
  startTimingCommands,
} from './redis-figures.js';

const MOST_FEEDERS = 4;
const WARM_UP_SECONDS = 2;
const SECONDS = 10;

/** What one core of Redis takes when it is given all it can. */
export interface RedisCapacity {
  feeders: number;
  requestsPerSecond: number;
  /** Share of its core that Redis used; well below 1 the feeders were the limit. */
  busy: number;
  /** Requests per second of Redis' own time: what it takes when it has nothing to wait for. */
  requestsPerCoreSecond: number;
  script: ScriptTimes;
}

export async function measureRedisCapacity(
  cores: Cores,
): Promise<RedisCapacity> {
  const redis = await RedisServer.start({ core: cores.load });
  const feeders: Remote<FeederOperations>[] = [];
  try {
    const count = Math.min(cores.feeders.length, MOST_FEEDERS);
    tell(`Redis' share: as much as it takes, from ${count} feeders`);
    for (const core of cores.feeders.slice(0, count)) {
      feeders.push(await startFeeder({ redisUrl: redis.url }, core));
    }
    await feedAll(feeders, WARM_UP_SECONDS);
    await startTimingCommands(redis.client);
    const before = await readFigures(redis.client);
    const startedAt = performance.now();
    const requests = await feedAll(feeders, SECONDS);
    const seconds = (performance.now() - startedAt) / 1000;
    const after = await readFigures(redis.client);
    const redisSeconds = (after.cpuMicroseconds - before.cpuMicroseconds) / 1e6;
    return {
      feeders: count,
      requestsPerSecond: requests / seconds,
      busy: redisSeconds / seconds,
      requestsPerCoreSecond: requests / redisSeconds,
      script: await readScriptTimes(redis.client),
    };
  } finally {
    await Promise.all(feeders.map((feeder) => feeder.stop()));
    await redis.dispose();
  }
}

function startFeeder(
  argument: FeederArgument,
  core: number | undefined,
): Promise<Remote<FeederOperations>> {
  const script = new URL('../load/feeder.js', import.meta.url);
  return Remote.start<FeederOperations>(script, argument, { core });
}

async function feedAll(
  feeders: readonly Remote<FeederOperations>[],
  seconds: number,
): Promise<number> {
  const stored = await Promise.all(
    feeders.map((feeder) => feeder.call('feed', seconds)),
  );
  return stored.reduce((sum, count) => sum + count, 0);
}
