/** Longest path that is kept, in bytes of UTF-8. */
const MAX_PATH_BYTES = 2048;

/** The path of a request target, which may also be a whole URL or `*`; without query, bounded. */
export function pathOf(target: string | undefined): string {
  let path = target ?? '/';
  if (!path.startsWith('/')) {
    const afterScheme = path.indexOf('://');
    if (afterScheme !== -1) {
      const slash = path.indexOf('/', afterScheme + 3);
      path = slash === -1 ? '/' : path.slice(slash);
    }
  }
  const query = path.search(/[?#]/);
  if (query !== -1) {
    path = path.slice(0, query);
  }
  // A UTF-16 unit takes at most three bytes, so most paths need no counting.
  if (path.length * 3 > MAX_PATH_BYTES) {
    path = Buffer.from(path).subarray(0, MAX_PATH_BYTES).toString();
  }
  return path;
}
