import { median } from '../report/statistics.js';
import type { Sample } from './run-soak.js';

/** Growth that is no trend. */
const TOLERATED_GROWTH = 0.1;

/** Memory early and late in the run, in bytes: medians, so that an outage's queue does not count. */
export interface MemoryTrend {
  early: number;
  late: number;
  most: number;
  flat: boolean;
}

/** Leaves out the first fifth of the run as warm-up and compares the first third of the rest with its last. */
export function trendOf(
  samples: readonly Sample[],
  read: (sample: Sample) => number,
): MemoryTrend {
  const values = samples.slice(Math.ceil(samples.length / 5)).map(read);
  const third = Math.ceil(values.length / 3);
  const early = median(values.slice(0, third));
  const late = median(values.slice(-third));
  return {
    early,
    late,
    most: Math.max(...values),
    flat: late <= early * (1 + TOLERATED_GROWTH),
  };
}
