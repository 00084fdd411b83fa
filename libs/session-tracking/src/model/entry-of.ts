/** What a map holds under a key; where that is nothing, it is made. */
export function entryOf<K, T>(
  entries: Map<K, T>,
  key: K,
  makeEmpty: () => T,
): T {
  let entry = entries.get(key);
  if (entry === undefined) {
    entry = makeEmpty();
    entries.set(key, entry);
  }
  return entry;
}
