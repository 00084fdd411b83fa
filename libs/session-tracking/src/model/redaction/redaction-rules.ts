/** What is hidden of paths. */
export interface PathRedaction {
  /**
   * Paths of which nothing is stored, or with a `*` at the end nothing of what stands in its place;
   * with or without the global prefix.
   */
  paths?: readonly string[] | undefined;
  /** Called last with every path, without its query; what it answers is stored. */
  redact?: ((path: string) => string) | undefined;
  /** Whether secrets are found by their shape and place. Default `true`. */
  defaults?: boolean | undefined;
}

/** Which values of a query are stored: those of the names allowed, or what a function answers. */
export type QueryRedaction =
  { allow: readonly string[] } | ((name: string, value: string) => string);

/** What is hidden before a record is made. */
export interface RedactionRules {
  readonly redactPaths: {
    readonly paths: readonly string[];
    readonly redact: ((path: string) => string) | undefined;
    readonly defaults: boolean;
  };
  readonly redactQuery: QueryRedaction;
}
