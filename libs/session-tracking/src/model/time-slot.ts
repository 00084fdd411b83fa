/** Lengths of the slots of time for which totals are kept, in seconds; each divides the next. */
export const SLOT_LENGTHS = [60, 300, 3600] as const;

/** Length of a slot in seconds. */
export type SlotLength = (typeof SLOT_LENGTHS)[number];

/** A stretch of time for which totals are kept, aligned to its own length in UTC. */
export interface TimeSlot {
  readonly length: SlotLength;
  /** Unix time in seconds. */
  readonly start: number;
}

/** The slot in which a moment lies. */
export function slotAt(unixSeconds: number, length: SlotLength): TimeSlot {
  return { length, start: Math.floor(unixSeconds / length) * length };
}

/** Longest time in seconds that data may stay for its clients to be counted in five-minute slots. */
const FINE_CLIENT_SLOTS_SECONDS = 43_200;

/** The slots in which clients are counted: coarser where their data stays long, so that they stay few. */
export function clientSlotLength(dataTtlSeconds: number): SlotLength {
  return dataTtlSeconds <= FINE_CLIENT_SLOTS_SECONDS ? 300 : 3600;
}
