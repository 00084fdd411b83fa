/**
 * The first few of many in an order, sorted. Cheaper than sorting all, which many clients would make a
 * long stretch of work in one go.
 */
export function topOf<T>(
  all: Iterable<T>,
  limit: number,
  compare: (a: T, b: T) => number,
): T[] {
  const top: T[] = [];
  for (const each of all) {
    const last = top.at(-1);
    if (last === undefined || top.length < limit || compare(each, last) < 0) {
      const place = top.findLastIndex((other) => compare(other, each) <= 0) + 1;
      top.splice(place, 0, each);
      top.length = Math.min(top.length, limit);
    }
  }
  return top;
}
