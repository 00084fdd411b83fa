import { durationOf } from '../model/totals/duration-buckets.js';
import type { ReadonlyTotals } from '../model/totals/request-totals.js';
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
  {
    durations,
    longestMicroseconds,
  }: Pick<ReadonlyTotals, 'durations' | 'longestMicroseconds'>,
  percents: readonly number[],
): number[] {
  if (durations.size === 0) {
    return percents.map(() => 0);
  }
  // A typed array sorts numbers as such, and many times as fast.
  const buckets = Int32Array.from(durations.keys()).toSorted();
  let count = 0;
  for (const each of durations.values()) {
    count += each;
  }
  return percents.map((percent) => {
    const bucket = bucketOfRank(buckets, durations, rankOf(count, percent));
    return bucket === undefined
      ? 0
      : Math.min(toMilliseconds(bucket), longestMicroseconds / 1000);
  });
}

function bucketOfRank(
  buckets: Int32Array,
  counts: ReadonlyMap<number, number>,
  rank: number,
): number | undefined {
  let counted = 0;
  return buckets.find((bucket) => {
    counted += counts.get(bucket) ?? 0;
    return counted >= rank;
  });
}

function toMilliseconds(bucket: number): number {
  return Number((durationOf(bucket) / 1000).toPrecision(SIGNIFICANT_DIGITS));
}
