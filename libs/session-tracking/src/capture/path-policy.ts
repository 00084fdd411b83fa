import { PathPatterns } from '../model/redaction/path-patterns.js';

/** Decides by method and path which requests are not recorded. */
export class PathPolicy {
  private readonly methods: ReadonlySet<string>;
  private readonly paths: PathPatterns;

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
    this.paths = new PathPatterns(excludePaths, globalPrefix);
  }

  isExcluded(method: string, path: string): boolean {
    return this.methods.has(method) || this.paths.match(path) !== undefined;
  }
}
