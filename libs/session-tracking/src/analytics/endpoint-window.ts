import {
  floorTo,
  ROUTE_SLOT_LENGTHS,
  type SlotLength,
} from '../model/totals/time-slot.js';
import { fitDefault } from './fit-default.js';
import { beyondHorizon, type Horizon } from './horizon.js';
import {
  alignWindow,
  type AskedWindow,
  readWindow,
  type WindowQuery,
} from './time-window.js';

const HOUR = 3600;

/** Slots for which there are totals by route, longest first. */
const ROUTE_SLOTS = ROUTE_SLOT_LENGTHS.toReversed();
const FINE = 300;

/** An aligned window and the slots that make it up. */
export interface EndpointWindow {
  readonly since: number;
  readonly until: number;
  readonly lengths: readonly SlotLength[];
}

/**
 * Aligns a window to five minutes as far as these are kept, else to hours.
 *
 * @throws InvalidQueryError when it begins before any totals that are kept
 */
export function planEndpointWindow(
  query: WindowQuery,
  horizon: Horizon,
): EndpointWindow {
  const longest = Math.max(
    ...ROUTE_SLOTS.map((each) => horizon.secondsOf(each)),
  );
  const asked = fitDefault(
    readWindow(query, HOUR, horizon.now),
    query,
    horizon.now - longest,
  );
  const kept = ROUTE_SLOTS.filter((length) =>
    horizon.reaches(asked.since, length, horizon.secondsOf(length)),
  );
  const shortest = kept.at(-1);
  if (shortest === undefined) {
    throw beyondHorizon(asked, 'totals of endpoints', longest);
  }
  const hourly = kept.includes(HOUR);
  return {
    ...alignWindow(
      asked,
      horizon.earliest(shortest, horizon.secondsOf(shortest)),
      shortest,
      hourly && endsWithHour(asked, shortest, horizon) ? HOUR : FINE,
    ),
    lengths: hourly ? ROUTE_SLOTS : [FINE],
  };
}

/** A long window ends with the hour under way: that saves up to 11 slots, and nothing is later yet. */
function endsWithHour(
  { since, until }: AskedWindow,
  shortest: SlotLength,
  horizon: Horizon,
): boolean {
  if (shortest === FINE && until - since <= HOUR) {
    return false;
  }
  const fineKept =
    floorTo(until, HOUR) >= horizon.earliest(FINE, horizon.secondsOf(FINE));
  return until === horizon.now || !fineKept;
}
