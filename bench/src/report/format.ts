import type { Spread } from './statistics.js';

/** A figure with its sign. */
export function signed(value: number, digits = 1): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
}

export function withQuartiles(
  { median, lower, upper }: Spread,
  format: (value: number) => string,
): string {
  return `${format(median)} (${format(lower)} to ${format(upper)})`;
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
