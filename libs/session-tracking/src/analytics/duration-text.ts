const SECONDS_OF = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** How a length of time is written in a query: `90s`, `5m`, `1h`, `7d`. */
export const DURATION_TEXT = /^([1-9]\d{0,7})([smhd])$/;

/** What is said where something else is written. */
export const DURATION_TAKES =
  'must be a number followed by s, m, h or d, such as 90s, 5m, 1h or 7d';

/** Reads a length of time; answers seconds, or undefined where the text is none. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = DURATION_TEXT.exec(text) ?? [];
  switch (unit) {
    case 's':
    case 'm':
    case 'h':
    case 'd':
      return Number(amount) * SECONDS_OF[unit];
    default:
      return undefined;
  }
}

/** Writes whole seconds in the largest unit that divides them. */
export function spellDuration(seconds: number): string {
  if (seconds % SECONDS_OF.d === 0) {
    return `${seconds / SECONDS_OF.d}d`;
  }
  if (seconds % SECONDS_OF.h === 0) {
    return `${seconds / SECONDS_OF.h}h`;
  }
  return seconds % SECONDS_OF.m === 0
    ? `${seconds / SECONDS_OF.m}m`
    : `${seconds}s`;
}
