/**
 * The nearest-rank percentile: the least value that at least `percent` of all values do not exceed.
 *
 * @param sorted ascending
 * @returns 0 when there are no values
 */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  return sorted[rankOf(sorted.length, percent) - 1] ?? 0;
}

/** Which of so many values is the percentile; the least is 1. */
export function rankOf(count: number, percent: number): number {
  return Math.max(1, Math.ceil((percent / 100) * count));
}
