import { applyDecorators } from '@nestjs/common';
import { IsOptional, IsString, MaxLength, MinLength } from 'class-validator';

/** An optional parameter that names a user. */
export function IsUserIdParameter(): PropertyDecorator {
  return isNameOfAtMost(1024);
}

/** An optional parameter that names an address, in any of its spellings. */
export function IsAddressParameter(): PropertyDecorator {
  return isNameOfAtMost(64);
}

function isNameOfAtMost(length: number): PropertyDecorator {
  return applyDecorators(
    IsOptional(),
    IsString(),
    MinLength(1),
    MaxLength(length),
  );
}
