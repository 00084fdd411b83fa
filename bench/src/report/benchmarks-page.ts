import type { LoopDelay } from '../measure/loop-delay.js';
import type { QuestionRound } from '../measure/question-times.js';
import { CYCLES_PER_START, type RequestCost } from '../measure/request-cost.js';
import { costSection } from './cost-section.js';
import { delaySection } from './delay-section.js';
import { page } from './markdown.js';
import { questionsSection, questionTargets } from './questions-section.js';
import { type RedisLoad, redisSection } from './redis-section.js';
import {
  costTargets,
  delayTargets,
  redisTargets,
  targetsTable,
} from './targets.js';

export interface BenchResults {
  machine: string;
  cycles: number;
  seconds: number;
  costs: readonly RequestCost[];
  delays: readonly LoopDelay[];
  redis: RedisLoad | undefined;
  questions: readonly QuestionRound[];
}

/** The page for docs/, which is also what the run prints. */
export function benchmarksPage(results: BenchResults): string {
  const { machine, costs, delays, redis, questions } = results;
  return page([
    '# Benchmarks',
    'Written by `npm run bench`; every figure and every result is of the same run.',
    machine,
    '## Targets',
    targetsTable([
      ...costs.flatMap(costTargets),
      ...delayTargets(delays),
      ...redisTargets(redis),
      ...questionTargets(questions),
    ]),
    ...costs.flatMap(costSection),
    ...delaySection(delays),
    ...redisSection(redis),
    ...questionsSection(questions),
    '## How it is measured',
    howItIsMeasured(results),
  ]);
}

function howItIsMeasured({ cycles, seconds }: BenchResults): string {
  return [
    'Every variant is the same small Nest app (a GET route with a parameter, and one POST in eleven requests) in a process of its own, and all of them are alive at once.',
    'The apps run on one core, Redis and the load generator on another; 10,000 clients, each with an address and a cookie of its own, send in rotation over 64 keep-alive connections.',
    `After a warm-up the variants take turns of ${seconds} s, in another order in each of ${cycles} cycles, the plain app twice; each turn begins unmeasured and ends when what was held back has been sent. After ${CYCLES_PER_START} cycles all of them start anew, because two processes of the same program may differ by more than their turns do.`,
    'Differences are taken within a cycle, so that a drift of the machine meets both sides.',
    'The apps trust the proxies of the loopback network by name, so they have to work out `req.ip`. That is in the figures of the module, which asks for it, and for Fastify stands in a line of its own.',
    'Where the core of an app is not fully in use, Redis, the load generator or another program was the limit of its requests per second.',
    'Before Node 24 the module makes an app on Express itself faster, so a difference to the plain app can be below zero; architecture.md says why.',
    'express-session only reads the session that each client has; apitally reports to a server of the bench.',
  ].join(' ');
}
