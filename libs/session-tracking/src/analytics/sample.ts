/** Which share of the clients a figure is made from. */
export interface Sample {
  /** `sampling.rate`: the share of the clients that are followed. */
  rate: number;
  /** What to multiply counts by for an estimate of everybody's; null when nobody is followed. */
  weight: number | null;
}

/** The sample that a rate makes. */
export function sampleOf(rate: number): Sample {
  return { rate, weight: rate === 0 ? null : 1 / rate };
}
