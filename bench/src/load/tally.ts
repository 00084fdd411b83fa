import { createHistogram } from 'node:perf_hooks';

/** What the clients of a run got. */
export interface Outcome {
  /** Requests that were answered, with any status. */
  answered: number;
  /** Those of them whose status was not 2xx. */
  refused: number;
  /** Requests whose connection broke. */
  broken: number;
  seconds: number;
  /** Time until the answer was there. */
  p50Ms: number;
  p99Ms: number;
}

/** Counts answers from one moment to another. */
export class Tally {
  private answered = 0;
  private refused = 0;
  private broken = 0;
  private readonly durations = createHistogram();
  private readonly startedAt = performance.now();

  add(status: number | undefined, sentAt: number): void {
    if (status === undefined) {
      this.broken += 1;
      return;
    }
    this.answered += 1;
    if (status < 200 || status > 299) {
      this.refused += 1;
    }
    const microseconds = Math.round((performance.now() - sentAt) * 1000);
    this.durations.record(Math.max(1, microseconds));
  }

  outcome(): Outcome {
    return {
      answered: this.answered,
      refused: this.refused,
      broken: this.broken,
      seconds: (performance.now() - this.startedAt) / 1000,
      p50Ms: this.durations.percentile(50) / 1000,
      p99Ms: this.durations.percentile(99) / 1000,
    };
  }
}
