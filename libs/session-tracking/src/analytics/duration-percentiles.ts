import { durationOf } from '../model/duration-buckets.js';
import type { RequestTotals } from '../model/request-totals.js';
import { rankOf } from './percentile.js';

/**
 * Digits that an estimate is worth. The rounding stays within what is promised, because the buckets
 * are a little finer.
 */
const SIGNIFICANT_DIGITS = 4;

/**
 * Nearest-rank percentiles of the durations that totals counted, in milliseconds: within 2 % of what
 * the durations themselves would give, and never above the longest.
 */
export function durationPercentiles(
  { durations, longestMicroseconds }: RequestTotals,
  percents: readonly number[],
): number[] {
  const buckets = [...durations].toSorted(([a], [b]) => a - b);
  const count = buckets.reduce((sum, [, each]) => sum + each, 0);
  return percents.map((percent) => {
    const bucket = bucketOfRank(buckets, rankOf(count, percent));
    return bucket === undefined
      ? 0
      : Math.min(toMilliseconds(bucket), longestMicroseconds / 1000);
  });
}

function bucketOfRank(
  buckets: readonly (readonly [bucket: number, count: number])[],
  rank: number,
): number | undefined {
  let counted = 0;
  for (const [bucket, count] of buckets) {
    counted += count;
    if (counted >= rank) {
      return bucket;
    }
  }
  return undefined;
}

function toMilliseconds(bucket: number): number {
  return Number((durationOf(bucket) / 1000).toPrecision(SIGNIFICANT_DIGITS));
}
