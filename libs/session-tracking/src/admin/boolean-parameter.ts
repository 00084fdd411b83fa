import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsBoolean, IsOptional } from 'class-validator';

/** An optional parameter that is `true` or `false`, `1` or `0`. */
export function IsBooleanParameter(): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    // Reads what was sent, not `value`: a host's own pipe may have converted that by type, which makes
    // `false` true.
    Transform(({ obj, key }) => toBoolean(obj[key])),
    IsBoolean({ message: '$property must be true or false' }),
  );
}

function toBoolean(value: unknown): unknown {
  switch (value) {
    case 'true':
    case '1':
      return true;
    case 'false':
    case '0':
      return false;
    default:
      return value;
  }
}
