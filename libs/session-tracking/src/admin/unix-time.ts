/**
 * Reads a moment from a query string: Unix time in seconds, or an ISO 8601 date (UTC where it names
 * no zone). Anything else is handed back for the validator to refuse.
 */
export function toUnixTime(value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  if (/^\d+(?:\.\d+)?$/.test(value)) {
    return Number(value);
  }
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(
    value,
  );
  const hasZone = !value.includes('T') || /(?:Z|[+-]\d{2}:?\d{2})$/.test(value);
  const milliseconds = isDate
    ? Date.parse(hasZone ? value : `${value}Z`)
    : Number.NaN;
  return Number.isNaN(milliseconds) ? value : milliseconds / 1000;
}
