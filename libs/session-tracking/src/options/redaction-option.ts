/** A path as `excludePaths` and `redactPaths` take it. */
export const PATH_PATTERN = /^\/[^*]*\*?$/;

const PATH_REDACTION_FIELDS = new Set(['paths', 'redact', 'defaults']);

/** Whether a value can be the option `redactPaths`. */
export function isRedactPaths(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return typeof value === 'function' || isListOfPaths(value);
  }
  const { paths, redact, defaults }: Record<string, unknown> = { ...value };
  return (
    Object.keys(value).every((key) => PATH_REDACTION_FIELDS.has(key)) &&
    (paths === undefined || isListOfPaths(paths)) &&
    (redact === undefined || typeof redact === 'function') &&
    (defaults === undefined || typeof defaults === 'boolean')
  );
}

/** Whether a value can be the option `redactQuery`. */
export function isRedactQuery(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function';
  }
  const { allow, ...rest }: Record<string, unknown> = { ...value };
  return (
    Object.keys(rest).length === 0 &&
    Array.isArray(allow) &&
    allow.every((name) => typeof name === 'string')
  );
}

function isListOfPaths(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((path) => typeof path === 'string' && PATH_PATTERN.test(path))
  );
}
