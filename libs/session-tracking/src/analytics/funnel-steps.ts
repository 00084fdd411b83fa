import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { printValue } from '../errors/print-value.js';

export const MIN_FUNNEL_STEPS = 2;
export const MAX_FUNNEL_STEPS = 10;

/** How a step is written: a method, a blank, and a route template or a path. */
export const FUNNEL_STEP = /^[A-Z-]+ \S+$/;

/** Longest step in characters; paths are stored no longer. */
export const MAX_FUNNEL_STEP_LENGTH = 2048;

/** @throws InvalidQueryError where these are no steps that can be followed */
export function checkFunnelSteps(steps: unknown): void {
  const takes = `must be ${MIN_FUNNEL_STEPS} to ${MAX_FUNNEL_STEPS} methods and routes, such as GET /cart and POST /orders`;
  if (!Array.isArray(steps)) {
    throw new InvalidQueryError('steps', takes, steps);
  }
  // Also what a list of a length leaves out.
  const place = steps.findIndex((step) => !isFunnelStep(step));
  if (place !== -1) {
    const wrong: unknown = steps[place];
    throw new InvalidQueryError(
      'steps',
      `${takes}; ${printValue(wrong)} is none`,
    );
  }
  if (steps.length < MIN_FUNNEL_STEPS || steps.length > MAX_FUNNEL_STEPS) {
    throw new InvalidQueryError('steps', `${takes}; there are ${steps.length}`);
  }
}

function isFunnelStep(step: unknown): boolean {
  return (
    typeof step === 'string' &&
    step.length <= MAX_FUNNEL_STEP_LENGTH &&
    FUNNEL_STEP.test(step)
  );
}
