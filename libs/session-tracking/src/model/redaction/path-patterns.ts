const SLASH = 0x2f;

/** Paths that an author wrote down: exact ones, and with a `*` at their end all that begin so. */
export class PathPatterns {
  private readonly exact = new Set<string>();
  /** As they are compared, and as the author wrote them. */
  private readonly prefixes: { read: string; written: string }[] = [];

  /**
   * @param globalPrefix of the host, with or without slashes; each path counts with and without it
   * @param read what is compared of a path; the whole where it is left out
   */
  constructor(
    paths: readonly string[],
    globalPrefix: string,
    private readonly read = (path: string): string => path,
  ) {
    const prefix = globalPrefix.replaceAll(/^\/|\/$/g, '');
    const bases = prefix === '' ? [''] : ['', `/${prefix}`];
    for (const path of paths) {
      for (const base of bases) {
        if (path.endsWith('*')) {
          const written = base + path.slice(0, -1);
          this.prefixes.push({ read: read(written), written });
        } else {
          this.exact.add(withoutTrailingSlash(read(base + path)));
        }
      }
    }
  }

  /** How the path begins that matches: with nothing of its own for an exact one; else undefined. */
  match(path: string): string | undefined {
    if (this.exact.size === 0 && this.prefixes.length === 0) {
      return undefined;
    }
    const compared = this.read(path);
    return this.exact.has(withoutTrailingSlash(compared))
      ? ''
      : this.prefixes.find(({ read }) => compared.startsWith(read))?.written;
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.charCodeAt(path.length - 1) === SLASH
    ? path.slice(0, -1)
    : path;
}
