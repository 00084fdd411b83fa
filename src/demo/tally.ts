export const OUTCOMES = ['2xx', '4xx', '5xx', 'aborted', 'unanswered'] as const;

export type Outcome = (typeof OUTCOMES)[number];

export class Tally {
  private readonly counts = new Map<Outcome, number>();

  add(outcome: Outcome): void {
    this.counts.set(outcome, this.count(outcome) + 1);
  }

  count(outcome: Outcome): number {
    return this.counts.get(outcome) ?? 0;
  }

  get total(): number {
    return OUTCOMES.reduce((total, outcome) => total + this.count(outcome), 0);
  }

  static sum(tallies: readonly Tally[]): Tally {
    const sum = new Tally();
    for (const outcome of OUTCOMES) {
      const count = tallies.reduce((n, tally) => n + tally.count(outcome), 0);
      sum.counts.set(outcome, count);
    }
    return sum;
  }
}

export function outcomeOf(status: number): Outcome {
  if (status >= 500) {
    return '5xx';
  }
  return status >= 400 ? '4xx' : '2xx';
}
