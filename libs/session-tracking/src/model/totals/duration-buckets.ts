import { DDSketch } from '@datadog/sketches-js';

/** A little under the 2 % that is promised, so that rounding does not exceed it. */
const RELATIVE_ACCURACY = 0.019;

const { mapping } = new DDSketch({ relativeAccuracy: RELATIVE_ACCURACY });

/** The bucket of a quantile sketch that counts a duration; shorter than a microsecond is bucket 0. */
export function bucketOf(durationMicroseconds: number): number {
  return durationMicroseconds < 1 ? 0 : mapping.key(durationMicroseconds);
}

/** The duration in microseconds that stands for all in a bucket. */
export function durationOf(bucket: number): number {
  return mapping.value(bucket);
}
