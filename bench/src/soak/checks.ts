import { thousands } from '../report/format.js';
import type { Sample, SoakResult } from './run-soak.js';

/** One promise about the accounting. */
export interface Check {
  what: string;
  expected: string;
  found: string;
  holds: boolean;
}

export function checkAccounting(result: SoakResult): Check[] {
  const { outcome, samples, stats, redis } = result;
  const uneven = samples.filter((sample) => !isBalanced(sample)).length;
  return [
    equal('requests not answered', 0, outcome.broken),
    equal('requests answered otherwise than 2xx', 0, outcome.refused),
    equal(
      'records accepted, two for each answered request',
      outcome.answered * 2,
      stats.accepted,
    ),
    equal(
      'stored + dropped + queued, against accepted',
      stats.accepted,
      stats.stored + stats.dropped + stats.queued,
    ),
    equal(
      `samples in which that sum was another, of ${samples.length}`,
      0,
      uneven,
    ),
    equal(
      'requests and responses that the sessions in Redis count, against stored',
      stats.stored,
      redis.requestCount + redis.responseCount,
    ),
    equal(
      'records in the lists in Redis, against stored',
      stats.stored,
      redis.listed,
    ),
  ];
}

function isBalanced({ stats }: Sample): boolean {
  return stats.accepted === stats.stored + stats.dropped + stats.queued;
}

function equal(what: string, expected: number, found: number): Check {
  return {
    what,
    expected: thousands(expected),
    found: thousands(found),
    holds: expected === found,
  };
}
