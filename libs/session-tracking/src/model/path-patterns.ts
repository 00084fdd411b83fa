const SLASH = 0x2f;

/** Paths that an author wrote down: exact ones, and with a `*` at their end all that begin so. */
export class PathPatterns {
  private readonly exact = new Set<string>();
  private readonly prefixes: string[] = [];

  /** @param globalPrefix of the host, with or without slashes; each path counts with and without it */
  constructor(paths: readonly string[], globalPrefix: string) {
    const prefix = globalPrefix.replaceAll(/^\/|\/$/g, '');
    const bases = prefix === '' ? [''] : ['', `/${prefix}`];
    for (const path of paths) {
      for (const base of bases) {
        if (path.endsWith('*')) {
          this.prefixes.push(base + path.slice(0, -1));
        } else {
          this.exact.add(withoutTrailingSlash(base + path));
        }
      }
    }
  }

  /** How the path begins that matches: with nothing of its own for an exact one; else undefined. */
  match(path: string): string | undefined {
    if (this.exact.size > 0 && this.exact.has(withoutTrailingSlash(path))) {
      return '';
    }
    for (const prefix of this.prefixes) {
      if (path.startsWith(prefix)) {
        return prefix;
      }
    }
    return undefined;
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.charCodeAt(path.length - 1) === SLASH
    ? path.slice(0, -1)
    : path;
}
