import { breakWhenDue } from '../model/break-when-due.js';

/** Like `map` of an array, where that takes so long that other work must come in between. */
export async function mapWithBreaks<T, Made>(
  items: Iterable<T>,
  make: (item: T, index: number) => Made,
): Promise<Made[]> {
  const made: Made[] = [];
  for (const item of items) {
    made.push(make(item, made.length));
    await breakWhenDue();
  }
  return made;
}
