import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { ceilTo, floorTo, type SlotLength } from '../model/totals/time-slot.js';
import type { RetentionPolicy } from '../store/session-store.js';
import { spellDuration } from './duration-text.js';
import type { AskedWindow } from './time-window.js';

/** How far back an answer can reach at the moment at which it is given. */
export class Horizon {
  constructor(
    /** Unix time in seconds. */
    readonly now: number,
    private readonly retention: RetentionPolicy,
  ) {}

  /** Seconds for which the data of clients stays after their last record. */
  get clientSeconds(): number {
    const { sessionTtlSeconds, retentionSeconds } = this.retention;
    return Math.max(sessionTtlSeconds, retentionSeconds);
  }

  /** Seconds for which totals of slots of this length stay. */
  secondsOf(length: SlotLength): number {
    const { minutes, hours } = this.retention.rollups;
    return length === 3600 ? hours : minutes;
  }

  /**
   * Whether totals of this length that stay for so long reach back to a moment. The slot in which the
   * horizon lies counts, so that the longest window can be asked for with `since` too.
   */
  reaches(moment: number, length: number, seconds: number): boolean {
    return floorTo(moment, length) >= floorTo(this.now - seconds, length);
  }

  /**
   * The earliest multiple of so many seconds from which on nothing of what stays for so long is gone;
   * where it stays no longer than that, the latest, because there is no better.
   */
  earliest(alignment: number, seconds: number): number {
    return Math.min(
      ceilTo(this.now - seconds, alignment),
      floorTo(this.now, alignment),
    );
  }
}

/** Refuses a window that begins before what is kept. */
export function beyondHorizon(
  { field }: AskedWindow,
  what: string,
  seconds: number,
  advice = '',
): InvalidQueryError {
  return new InvalidQueryError(
    field,
    `reaches back too far: ${what} are kept for ${spellDuration(seconds)}${advice}`,
  );
}
