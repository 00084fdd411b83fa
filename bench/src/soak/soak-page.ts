import { PLATFORM_TITLES } from '../app/platform.js';
import type { SoakOptions } from '../options/soak-options.js';
import { megabytes, thousands } from '../report/format.js';
import { page, table } from '../report/markdown.js';
import type { Check } from './checks.js';
import { type MemoryTrend, trendOf } from './memory.js';
import type { SoakResult } from './run-soak.js';

/** The page for docs/, which is also what the run prints. */
export function soakPage(
  machine: string,
  { minutes, rate, platform }: SoakOptions,
  result: SoakResult,
  checks: readonly Check[],
): string {
  const { outcome, samples, outages, stats, redis } = result;
  return page([
    '# Soak',
    'Written by `npm run bench:soak`; every figure is of the same run.',
    machine,
    `${minutes} minutes at ${thousands(rate)} requests/s on ${PLATFORM_TITLES[platform]} from 10,000 clients, while Redis (append-only file) was stopped and started again ${outages.length} times.`,
    '## Accounting',
    table(
      ['what', 'expected', 'found', 'result'],
      ['left', 'right', 'right', 'left'],
      checks.map(({ what, expected, found, holds }) => [
        what,
        expected,
        found,
        holds ? 'reached' : 'not reached',
      ]),
    ),
    '## Memory',
    'Heap after a collection, and resident memory: medians of the first and of the last third after the warm-up.',
    table(
      ['memory', 'early', 'late', 'most', 'flat'],
      ['left', 'right', 'right', 'right', 'left'],
      [
        memoryRow(
          'heap',
          trendOf(samples, ({ heapUsed }) => heapUsed),
        ),
        memoryRow(
          'resident',
          trendOf(samples, ({ rss }) => rss),
        ),
      ],
    ),
    '## The run',
    table(
      ['figure', 'value'],
      ['left', 'right'],
      [
        ['requests answered', thousands(outcome.answered)],
        [
          'requests answered per second',
          thousands(outcome.answered / outcome.seconds),
        ],
        [
          'answer time, median and p99',
          `${outcome.p50Ms.toFixed(2)} and ${outcome.p99Ms.toFixed(2)} ms`,
        ],
        ['records stored', thousands(stats.stored)],
        [
          'records dropped because the queue was full',
          thousands(stats.droppedQueueFull),
        ],
        [
          'records dropped otherwise',
          thousands(stats.dropped - stats.droppedQueueFull),
        ],
        ['attempts to store that failed', thousands(stats.failedAttempts)],
        ['sessions', thousands(redis.sessions)],
        ...outages.map(({ from, to }, index) => [
          `Redis away, time ${index + 1}`,
          `${(to - from).toFixed(1)} s`,
        ]),
      ],
    ),
  ]);
}

function memoryRow(
  name: string,
  { early, late, most, flat }: MemoryTrend,
): string[] {
  return [
    name,
    megabytes(early),
    megabytes(late),
    megabytes(most),
    flat ? 'reached' : 'not reached',
  ];
}
