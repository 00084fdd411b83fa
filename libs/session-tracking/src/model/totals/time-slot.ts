/** Lengths of the slots of time for which totals are kept, in seconds; each divides the next. */
export const SLOT_LENGTHS = [60, 300, 3600] as const;

/** Length of a slot in seconds. */
export type SlotLength = (typeof SLOT_LENGTHS)[number];

/** The lengths for which there are totals by route: a minute would be too many to read for an hour. */
export const ROUTE_SLOT_LENGTHS = [
  300, 3600,
] as const satisfies readonly SlotLength[];

/** A stretch of time for which totals are kept, aligned to its own length in UTC. */
export interface TimeSlot {
  readonly length: SlotLength;
  /** Unix time in seconds. */
  readonly start: number;
}

/** A slot as a key names it: `300:1764000000`. */
export function slotName({ length, start }: TimeSlot): string {
  return `${length}:${start}`;
}

/** The slot of such a name; undefined where it is none. */
export function slotOfName(name: string): TimeSlot | undefined {
  const [lengthText, startText] = name.split(':');
  const length = SLOT_LENGTHS.find((each) => String(each) === lengthText);
  const start = Number(startText);
  return length !== undefined && String(start) === startText
    ? { length, start }
    : undefined;
}

/** Compares slots by their starts. */
export function bySlot(
  a: { readonly slot: TimeSlot },
  b: { readonly slot: TimeSlot },
): number {
  return a.slot.start - b.slot.start;
}

/** The slot in which a moment lies. */
export function slotAt(unixSeconds: number, length: SlotLength): TimeSlot {
  return { length, start: floorTo(unixSeconds, length) };
}

/** The latest multiple of so many seconds that is not after a moment. */
export function floorTo(unixSeconds: number, seconds: number): number {
  return Math.floor(unixSeconds / seconds) * seconds;
}

/** The earliest multiple of so many seconds that is not before a moment. */
export function ceilTo(unixSeconds: number, seconds: number): number {
  return Math.ceil(unixSeconds / seconds) * seconds;
}

/**
 * The fewest slots that make up a stretch of time, in order. Both ends must be aligned to the
 * shortest of the lengths.
 */
export function slotsBetween(
  since: number,
  until: number,
  lengths: readonly SlotLength[],
): TimeSlot[] {
  const longestFirst = lengths.toSorted((a, b) => b - a);
  const slots: TimeSlot[] = [];
  for (let start = since; start < until;) {
    const length = longestFirst.find(
      (each) => start % each === 0 && start + each <= until,
    );
    if (length === undefined) {
      throw new RangeError(
        `No slots of ${lengths.join(', ')} s make up ${since} to ${until}.`,
      );
    }
    slots.push({ length, start });
    start += length;
  }
  return slots;
}

/** Longest time in seconds that data may stay for its clients to be counted in five-minute slots. */
const FINE_CLIENT_SLOTS_SECONDS = 43_200;

/** The slots in which clients are counted: coarser where their data stays long, so that they stay few. */
export function clientSlotLength(dataTtlSeconds: number): SlotLength {
  return dataTtlSeconds <= FINE_CLIENT_SLOTS_SECONDS ? 300 : 3600;
}
