import { parseArgs } from 'node:util';
import { type Platform, PLATFORMS } from '../app/platform.js';
import { type VariantName, VARIANTS } from '../variants/index.js';
import { choice, positive, positives, UsageError } from './arguments.js';

export const PARTS = ['cost', 'delay', 'redis', 'questions'] as const;

export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  cycles: number;
  seconds: number;
  redisSeconds: number;
  /** About how many sessions the questions are asked, one number after another. */
  sessions: readonly number[];
  platforms: readonly Platform[];
  parts: readonly Part[];
  variants: readonly VariantName[];
  /** Whether everything is measured, so that the result is worth keeping. */
  complete: boolean;
}

const SESSIONS = '2000,20000,200000';

export const BENCH_USAGE = `Usage: npm start -- [options]
  --cycles 12            cycles of turns on each platform
  --seconds 1            length of a turn
  --redis-seconds 60     length of the run in which Redis' share is measured
  --sessions 2000,20000  about so many sessions the questions are asked: ${SESSIONS}
  --platform express     one platform only
  --only plain,tracking  these variants only
  --part cost,redis      these parts only: ${PARTS.join(', ')}
A run with --platform, --only, --part or --sessions prints its tables and leaves docs/ alone.
Variants: ${VARIANTS.map(({ name }) => name).join(', ')}`;

export function readBenchOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  return {
    cycles: positive('cycles', values.cycles),
    seconds: positive('seconds', values.seconds),
    redisSeconds: positive('redis-seconds', values['redis-seconds']),
    sessions: positives('sessions', values.sessions ?? SESSIONS),
    platforms: choice('platform', values.platform, PLATFORMS),
    parts: choice('part', values.part, PARTS),
    variants: choice(
      'only',
      values.only,
      VARIANTS.map(({ name }) => name),
    ),
    complete: !(
      values.platform ??
      values.only ??
      values.part ??
      values.sessions
    ),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        cycles: { type: 'string', default: '12' },
        seconds: { type: 'string', default: '1' },
        'redis-seconds': { type: 'string', default: '60' },
        platform: { type: 'string' },
        only: { type: 'string' },
        part: { type: 'string' },
        sessions: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : '', {
      cause: error,
    });
  }
}
