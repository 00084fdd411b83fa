import type { Redis } from 'ioredis';

/** What Redis counts about itself. */
export interface RedisFigures {
  cpuMicroseconds: number;
  wireBytes: number;
}

export async function readFigures(redis: Redis): Promise<RedisFigures> {
  const cpu = await readInfo(redis, 'cpu');
  const stats = await readInfo(redis, 'stats');
  return {
    cpuMicroseconds:
      (numberOf(cpu, 'used_cpu_user') + numberOf(cpu, 'used_cpu_sys')) * 1e6,
    wireBytes:
      numberOf(stats, 'total_net_input_bytes') +
      numberOf(stats, 'total_net_output_bytes'),
  };
}

/** Makes Redis count the time of each command from now on. */
export async function startTimingCommands(redis: Redis): Promise<void> {
  await redis.config('SET', 'latency-tracking-info-percentiles', '99 100');
  await redis.config('RESETSTAT');
}

/** Time that Redis was held by one call of a script, in milliseconds. */
export interface ScriptTimes {
  p99Ms: number;
  slowestMs: number;
}

export async function readScriptTimes(redis: Redis): Promise<ScriptTimes> {
  const stats = await readInfo(redis, 'latencystats');
  const times = [...stats]
    .filter(([name]) => /_(evalsha|eval|fcall)$/.test(name))
    .map(([, percentiles]) => ({
      p99Ms: percentile(percentiles, 'p99'),
      slowestMs: percentile(percentiles, 'p100'),
    }));
  return {
    p99Ms: Math.max(...times.map(({ p99Ms }) => p99Ms)),
    slowestMs: Math.max(...times.map(({ slowestMs }) => slowestMs)),
  };
}

/** From `p99=12.031,p100=15.039`, in microseconds. */
function percentile(text: string, name: string): number {
  const value = new RegExp(`${name}=([0-9.]+)`).exec(text)?.[1];
  return Number(value) / 1000;
}

function numberOf(info: ReadonlyMap<string, string>, name: string): number {
  return Number(info.get(name));
}

async function readInfo(
  redis: Redis,
  section: string,
): Promise<Map<string, string>> {
  const text = await redis.info(section);
  const pairs = text
    .split('\r\n')
    .filter((line) => line.includes(':'))
    .map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    });
  return new Map(pairs);
}
