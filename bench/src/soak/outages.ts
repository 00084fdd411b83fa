import { setTimeout as wait } from 'node:timers/promises';
import { tell } from '../measure/progress.js';
import type { RedisServer } from '../processes/redis-server.js';

/** When Redis goes, as a part of the run, and for how many seconds it stays away. */
const PLAN = [
  { at: 0.25, seconds: 1 },
  { at: 0.5, seconds: 5 },
  { at: 0.75, seconds: 15 },
];

/** From the moment Redis was told to stop to the moment it answered again, in seconds of the run. */
export interface Outage {
  from: number;
  to: number;
}

/** Stops Redis and starts it again with its data, three times. */
export async function breakRedis(
  redis: RedisServer,
  runSeconds: number,
): Promise<Outage[]> {
  const startedAt = performance.now();
  const elapsed = (): number => (performance.now() - startedAt) / 1000;
  const outages: Outage[] = [];
  for (const { at, seconds } of PLAN) {
    await wait((at * runSeconds - elapsed()) * 1000);
    const from = elapsed();
    tell(`Redis is stopped for ${seconds} s`);
    await redis.down();
    await wait(seconds * 1000);
    await redis.up();
    outages.push({ from, to: elapsed() });
    tell('Redis answers again');
  }
  return outages;
}
