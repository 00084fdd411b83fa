import { cutText } from './detached-text.js';

/** Longest path that is kept, in bytes of UTF-8. */
const MAX_PATH_BYTES = 2048;

/** The path of a request target, which may also be a whole URL or `*`; without query, bounded. */
export function pathOf(target: string | undefined): string {
  let path = target ?? '/';
  const query = path.search(/[?#]/);
  if (query !== -1) {
    path = cutText(path, query);
  }
  if (!path.startsWith('/')) {
    const afterScheme = path.indexOf('://');
    if (afterScheme !== -1) {
      const slash = path.indexOf('/', afterScheme + 3);
      path = slash === -1 ? '/' : path.slice(slash);
    }
  }
  // A UTF-16 unit takes at most three bytes, so most paths need no counting.
  return path.length * 3 > MAX_PATH_BYTES ? cut(path) : path;
}

function cut(path: string): string {
  const bytes = Buffer.from(path);
  let end = Math.min(bytes.length, MAX_PATH_BYTES);
  // A character is kept whole or not at all: its later bytes all begin with the bits 10.
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) {
    end -= 1;
  }
  return bytes.toString('utf8', 0, end);
}
