import type { Cycle, RequestCost, Turn } from '../measure/request-cost.js';
import { findVariant, type VariantName } from '../variants/index.js';
import type { Variant } from '../variants/variant.js';
import { median, type Spread, spreadOf } from './statistics.js';

/** What one variant costs, from all cycles. */
export interface VariantCost {
  variant: Variant;
  cpuMicroseconds: Spread;
  /** Over the plain app, cycle by cycle. */
  delta: Spread;
  /** Requests per second, as a part of what the plain app answers in the same cycle. */
  speed: number;
  busy: number;
}

export function summarize(cost: RequestCost): VariantCost[] {
  return (['plain', ...cost.variants] as const).map((name) => ({
    variant: findVariant(name),
    cpuMicroseconds: spreadOf(
      cost.cycles.map((cycle) => turnOf(cycle, name).cpuMicroseconds),
    ),
    delta: cpuDelta(cost, name, 'plain'),
    speed: median(
      cost.cycles.map(
        (cycle) =>
          turnOf(cycle, name).requestsPerSecond /
          turnOf(cycle, 'plain').requestsPerSecond,
      ),
    ),
    busy: median(cost.cycles.map((cycle) => turnOf(cycle, name).busy)),
  }));
}

/** How much more CPU time a request takes with one variant than with another in the same cycle. */
export function cpuDelta(
  { cycles }: RequestCost,
  name: VariantName,
  base: VariantName,
): Spread {
  return spreadOf(
    cycles.map(
      (cycle) =>
        turnOf(cycle, name).cpuMicroseconds -
        turnOf(cycle, base).cpuMicroseconds,
    ),
  );
}

function turnOf(cycle: Cycle, name: VariantName): Turn {
  const turn = cycle.turns.get(name);
  if (turn === undefined) {
    throw new Error(`The cycle has no turn of ${name}.`);
  }
  return turn;
}
