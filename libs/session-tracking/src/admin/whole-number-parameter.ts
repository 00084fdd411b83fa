import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';

/** An optional parameter that is a whole number from `least` to `most`. */
export function IsWholeNumberParameter(
  least: number,
  most: number,
): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    // Reads what was sent, not `value`: a host's own pipe may have converted that by type, which makes
    // an empty text 0.
    Transform(({ obj, key }) => toNumber(obj[key])),
    IsInt(),
    Min(least),
    Max(most),
  );
}

/** Whatever is not written as a number is handed back for the validator to refuse. */
function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value)
    ? Number(value)
    : value;
}
