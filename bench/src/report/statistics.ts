/** The middle of a sample, and where its middle half lies. */
export interface Spread {
  median: number;
  lower: number;
  upper: number;
}

export function spreadOf(sample: readonly number[]): Spread {
  const sorted = sample.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lower: quantile(sorted, 0.25),
    upper: quantile(sorted, 0.75),
  };
}

export function median(sample: readonly number[]): number {
  return spreadOf(sample).median;
}

/** The value below which such a share of the sample lies. */
export function quantileOf(sample: readonly number[], share: number): number {
  return quantile(
    sample.toSorted((a, b) => a - b),
    share,
  );
}

/** Interpolates between the two nearest values. */
function quantile(sorted: readonly number[], share: number): number {
  const position = (sorted.length - 1) * share;
  const below = Math.floor(position);
  const lower = sorted[below] ?? Number.NaN;
  const upper = sorted[below + 1] ?? lower;
  return lower + (upper - lower) * (position - below);
}
