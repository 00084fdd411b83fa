import { cutText } from '../detached-text.js';

/** Longest path that is kept, in bytes of UTF-8. */
const MAX_PATH_BYTES = 2048;

/** Longest character in UTF-8; a cut may fall that far before the limit. */
const MAX_CHARACTER_BYTES = 4;

/** The path of a request target, which may also be a whole URL or `*`; without query, bounded. */
export function pathOf(target: string | undefined): string {
  let path = target ?? '/';
  // Twice as fast as one search for both by an expression.
  const fragment = path.indexOf('#');
  if (fragment !== -1) {
    path = cutText(path, fragment);
  }
  const query = path.indexOf('?');
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
  return cutPath(path);
}

/** The query of a request target, without its question mark; undefined where there is none. */
export function queryOf(target: string): string | undefined {
  const start = target.indexOf('?');
  const fragment = target.indexOf('#');
  if (start === -1 || (fragment !== -1 && fragment < start)) {
    return undefined;
  }
  const query = target.slice(start + 1, fragment === -1 ? undefined : fragment);
  return query === '' ? undefined : query;
}

/** Whether a path may be the beginning of a longer one. */
export function isCut(path: string): boolean {
  return (
    path.length * 3 > MAX_PATH_BYTES &&
    Buffer.byteLength(path) > MAX_PATH_BYTES - MAX_CHARACTER_BYTES
  );
}

/** A path as long as it may be stored. */
export function cutPath(path: string): string {
  // A UTF-16 unit takes at most three bytes, so most paths need no counting.
  if (path.length * 3 <= MAX_PATH_BYTES) {
    return path;
  }
  const bytes = Buffer.from(path);
  let end = Math.min(bytes.length, MAX_PATH_BYTES);
  // A character is kept whole or not at all: its later bytes all begin with the bits 10.
  while (((bytes[end] ?? 0) & 0b1100_0000) === 0b1000_0000) {
    end -= 1;
  }
  return bytes.toString('utf8', 0, end);
}
