/** Decides by method and path which requests are not recorded. */
export class PathPolicy {
  private readonly methods: ReadonlySet<string>;
  private readonly exact = new Set<string>();
  private readonly prefixes: string[] = [];

  /**
   * @param excludePaths exact paths, or with a trailing `*`
   * @param globalPrefix of the host, with or without slashes; each path counts with and without it
   */
  constructor(
    excludePaths: readonly string[],
    excludeMethods: readonly string[],
    globalPrefix: string,
  ) {
    this.methods = new Set(excludeMethods);
    const prefix = globalPrefix.replaceAll(/^\/|\/$/g, '');
    const bases = prefix === '' ? [''] : ['', `/${prefix}`];
    for (const path of excludePaths) {
      for (const base of bases) {
        if (path.endsWith('*')) {
          this.prefixes.push(base + path.slice(0, -1));
        } else {
          this.exact.add(withoutTrailingSlash(base + path));
        }
      }
    }
  }

  isExcluded(method: string, path: string): boolean {
    return (
      this.methods.has(method) ||
      this.exact.has(withoutTrailingSlash(path)) ||
      this.prefixes.some((prefix) => path.startsWith(prefix))
    );
  }
}

function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
