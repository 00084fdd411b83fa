import type { AskedWindow, WindowQuery } from './time-window.js';

/**
 * Lets a window whose beginning nobody asked for begin no earlier than what is kept: who names an end
 * alone, or nothing, is answered for what there is.
 *
 * @param earliest Unix time in seconds from which on something is kept
 */
export function fitDefault(
  asked: AskedWindow,
  { window, since }: WindowQuery,
  earliest: number,
): AskedWindow {
  const isDefault = window === undefined && since === undefined;
  return isDefault && earliest < asked.until
    ? { ...asked, since: Math.max(asked.since, earliest) }
    : asked;
}
