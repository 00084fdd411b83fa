/**
 * The nearest-rank percentile: the least value that at least `percent` of all values do not exceed.
 *
 * @param sorted ascending
 * @returns 0 when there are no values
 */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? 0;
}
