// npm start: measures, prints what came out, and keeps it in docs/benchmarks.md.
import { resolve } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { type LoopDelay, measureLoopDelay } from './measure/loop-delay.js';
import { tell } from './measure/progress.js';
import {
  measureQuestions,
  type QuestionRound,
} from './measure/question-times.js';
import { measureRedisCapacity } from './measure/redis-capacity.js';
import { measureRedisShare } from './measure/redis-share.js';
import {
  measureRequestCost,
  type RequestCost,
} from './measure/request-cost.js';
import { runProgram } from './options/arguments.js';
import {
  BENCH_USAGE,
  type BenchOptions,
  readBenchOptions,
} from './options/bench-options.js';
import { type Cores, planCores } from './processes/cores.js';
import { benchmarksPage } from './report/benchmarks-page.js';
import { describeMachine } from './report/machine.js';
import type { RedisLoad } from './report/redis-section.js';
import { variantsOn } from './variants/index.js';

const PAGE = resolve(import.meta.dirname, '../../docs/benchmarks.md');

async function run(options: BenchOptions): Promise<void> {
  const cores = planCores();
  const text = benchmarksPage({
    machine: describeMachine(cores),
    cycles: options.cycles,
    seconds: options.seconds,
    costs: await measureCosts(options, cores),
    delays: await measureDelays(options, cores),
    redis: await measureRedis(options, cores),
    questions: await askQuestions(options, cores),
  });
  process.stdout.write(text);
  if (options.complete) {
    await writeFile(PAGE, text);
    tell('written to docs/benchmarks.md');
  }
}

async function measureCosts(
  { parts, platforms, variants, cycles, seconds }: BenchOptions,
  cores: Cores,
): Promise<RequestCost[]> {
  const costs: RequestCost[] = [];
  for (const platform of parts.includes('cost') ? platforms : []) {
    const wanted = variantsOn(platform)
      .map(({ name }) => name)
      .filter((name) => name !== 'plain' && variants.includes(name));
    costs.push(
      await measureRequestCost({
        cores,
        platform,
        variants: wanted,
        cycles,
        seconds,
      }),
    );
  }
  return costs;
}

async function measureDelays(
  { parts, platforms }: BenchOptions,
  cores: Cores,
): Promise<LoopDelay[]> {
  const delays: LoopDelay[] = [];
  for (const platform of parts.includes('delay') ? platforms : []) {
    delays.push(await measureLoopDelay(cores, platform));
  }
  return delays;
}

async function measureRedis(
  { parts, platforms, redisSeconds }: BenchOptions,
  cores: Cores,
): Promise<RedisLoad | undefined> {
  // The app shares its core with the load generator there: the one that needs less of it.
  const platform = platforms.includes('fastify') ? 'fastify' : 'express';
  return parts.includes('redis')
    ? {
        share: await measureRedisShare(cores, platform, redisSeconds),
        capacity: await measureRedisCapacity(cores),
      }
    : undefined;
}

async function askQuestions(
  { parts, sessions }: BenchOptions,
  cores: Cores,
): Promise<QuestionRound[]> {
  const rounds: QuestionRound[] = [];
  for (const count of parts.includes('questions') ? sessions : []) {
    rounds.push(await measureQuestions(cores, count));
  }
  return rounds;
}

await runProgram(BENCH_USAGE, () =>
  run(readBenchOptions(process.argv.slice(2))),
);
