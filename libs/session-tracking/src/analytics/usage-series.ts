import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { SLOT_LENGTHS, type SlotLength } from '../model/totals/time-slot.js';
import { parseDuration, spellDuration } from './duration-text.js';
import { fitDefault } from './fit-default.js';
import { beyondHorizon, type Horizon } from './horizon.js';
import {
  alignWindow,
  type AskedWindow,
  readWindow,
  type WindowQuery,
} from './time-window.js';

const DAY = 86_400;
const DEFAULT_STEPS = [300, 3600, DAY];
const MAX_STEPS = 1000;

/** Which stretch of time to measure, and in which steps. */
export interface UsageQuery extends WindowQuery {
  /** A multiple of a minute, such as `5m`. Default: the first of `5m`, `1h` and `1d` that will do. */
  step?: string | undefined;
}

/** An aligned window in equal steps, and the slots that make up each of them. */
export interface UsageSeries {
  readonly since: number;
  readonly until: number;
  readonly step: number;
  readonly lengths: readonly SlotLength[];
}

/**
 * Cuts a window into steps.
 *
 * @throws InvalidQueryError when a parameter is wrong, or asks for more than is kept or can be told
 */
export function planUsageSeries(
  query: UsageQuery,
  horizon: Horizon,
): UsageSeries {
  const longest = horizon.secondsOf(3600);
  const wanted = readWindow(query, Math.min(DAY, longest), horizon.now);
  const step =
    query.step === undefined
      ? defaultStep(wanted, horizon)
      : readStep(query.step);
  const shortest = shortestSlotOf(step);
  const seconds = horizon.secondsOf(shortest);
  const asked = fitDefault(wanted, query, horizon.now - seconds);
  if (!horizon.reaches(asked.since, shortest, seconds)) {
    throw beyondHorizon(
      asked,
      `totals for a step of ${spellDuration(step)}`,
      seconds,
      shortest === 3600 || longest <= seconds
        ? ''
        : `; with a step of whole hours, for ${spellDuration(longest)}`,
    );
  }
  if (step > seconds) {
    throw new InvalidQueryError(
      'step',
      `must be at most ${spellDuration(seconds)}: totals are kept no longer`,
      query.step,
    );
  }
  const { since, until } = alignWindow(
    asked,
    horizon.earliest(step, seconds),
    step,
  );
  if ((until - since) / step > MAX_STEPS) {
    throw new InvalidQueryError(
      'step',
      `makes more than ${MAX_STEPS} steps of this window; take at least ${spellDuration(leastStep(asked, shortest))}, or a shorter window`,
    );
  }
  return {
    since,
    until,
    step,
    lengths: SLOT_LENGTHS.filter(
      (length) => since >= horizon.earliest(length, horizon.secondsOf(length)),
    ),
  };
}

function defaultStep(asked: AskedWindow, horizon: Horizon): number {
  const step = DEFAULT_STEPS.find((each) => {
    const slot = shortestSlotOf(each);
    return (
      leastStep(asked, slot) <= each &&
      horizon.reaches(asked.since, slot, horizon.secondsOf(slot))
    );
  });
  return step ?? DAY;
}

function readStep(text: string): number {
  const step = parseDuration(text);
  if (step === undefined || step % 60 !== 0) {
    throw new InvalidQueryError(
      'step',
      'must be a whole number of minutes, written with m, h or d, such as 5m or 1h',
      text,
    );
  }
  return step;
}

/** The longest slots of which a step is made up without any shorter ones. */
function shortestSlotOf(step: number): SlotLength {
  return SLOT_LENGTHS.findLast((length) => step % length === 0) ?? 60;
}

/** The least step of whole slots that makes few enough steps, the one at either end included. */
function leastStep({ since, until }: AskedWindow, slot: SlotLength): number {
  return Math.ceil((until - since) / (MAX_STEPS - 1) / slot) * slot;
}
