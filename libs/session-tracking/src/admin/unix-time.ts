import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsNumber, IsOptional, Max, Min } from 'class-validator';
import { LATEST_UNIX_TIME } from '../model/records/durations.js';

/** An optional parameter that is a moment; the property becomes Unix time in seconds. */
export function IsUnixTime(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    // Reads what was sent, not `value`, which a host's own pipe may have converted by type.
    Transform(({ obj, key }) => toUnixTime(obj[key])),
    IsNumber(
      {},
      { message: '$property must be Unix time in seconds or an ISO 8601 date' },
    ),
    Min(0),
    Max(LATEST_UNIX_TIME),
  );
}

/**
 * Reads a moment from a query string: Unix time in seconds, or an ISO 8601 date (UTC where it names
 * no zone). Anything else is handed back for the validator to refuse.
 */
function toUnixTime(value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  if (/^\d+(?:\.\d+)?$/.test(value)) {
    return Number(value);
  }
  const [, day] =
    /^(\d{4}-\d{2}-\d{2})(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.exec(value) ??
    [];
  const hasZone = !value.includes('T') || /(?:Z|[+-]\d{2}:?\d{2})$/.test(value);
  const milliseconds =
    day !== undefined && isInCalendar(day)
      ? Date.parse(hasZone ? value : `${value}Z`)
      : Number.NaN;
  return Number.isNaN(milliseconds) ? value : milliseconds / 1000;
}

/** `Date.parse` takes the 30th of February for the 2nd of March. */
function isInCalendar(day: string): boolean {
  const midnight = Date.parse(day);
  return (
    !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day)
  );
}
