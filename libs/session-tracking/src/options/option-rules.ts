import {
  isBoolean,
  isIn,
  isInt,
  IsOptional,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import {
  isRedactPaths,
  isRedactQuery,
  PATH_PATTERN,
} from './redaction-option.js';
import { isRedisOption } from './redis-option.js';

type Predicate = (value: unknown) => boolean;

/** An option that may be left out, with what it takes as its message. */
function Takes(takes: string, isValid: Predicate): PropertyDecorator {
  const rule = ValidateBy(
    { name: 'takes', validator: { validate: isValid } },
    { message: takes },
  );
  return (target, property) => {
    IsOptional()(target, property);
    rule(target, property);
  };
}

/** An object whose own rules are checked too; class-validator would take a function for one. */
function TakesObject(takes: string): PropertyDecorator {
  return (target, property) => {
    Takes(takes, isPlainObject)(target, property);
    ValidateNested({ message: takes })(target, property);
  };
}

function TakesWholeNumber(
  min: number,
  max: number,
  unit: string,
): PropertyDecorator {
  return Takes(
    `a whole number of ${unit} from ${min} to ${max}`,
    (value) => isInt(value) && Number(value) >= min && Number(value) <= max,
  );
}

function TakesBoolean(): PropertyDecorator {
  return Takes('true or false', isBoolean);
}

function TakesFunction(takes: string): PropertyDecorator {
  return Takes(takes, (value) => typeof value === 'function');
}

function TakesListOf(takes: string, pattern: RegExp): PropertyDecorator {
  return Takes(takes, (value) =>
    isListOf(value, (item) => matches(item, pattern)),
  );
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value);
}

function isListOf(value: unknown, isItem: Predicate): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isGuard(value: unknown): boolean {
  return (
    typeof value === 'function' ||
    (typeof value === 'object' &&
      value !== null &&
      'canActivate' in value &&
      typeof value.canActivate === 'function')
  );
}

const YEAR_SECONDS = 31_536_000;
const DAY_MS = 86_400_000;

/** Rules of the option `flush`. */
export class FlushOptionRules {
  @TakesWholeNumber(1, 60_000, 'milliseconds') intervalMs?: unknown;
  @TakesWholeNumber(1, 100_000, 'records') maxBatch?: unknown;
  @TakesWholeNumber(2, 10_000_000, 'records') maxQueue?: unknown;
  @TakesWholeNumber(1, 60_000, 'milliseconds') timeoutMs?: unknown;
  @TakesWholeNumber(0, DAY_MS, 'milliseconds') shutdownMs?: unknown;
}

/** Rules of the option `sampling`. */
export class SamplingOptionRules {
  @Takes(
    'a number from 0 to 1',
    (value) => typeof value === 'number' && value >= 0 && value <= 1,
  )
  rate?: unknown;
  @TakesBoolean() keepErrors?: unknown;
  @TakesWholeNumber(0, DAY_MS, 'milliseconds') keepSlowMs?: unknown;
}

/** Rules of the option `rollups`. */
export class RollupOptionRules {
  @TakesWholeNumber(3600, YEAR_SECONDS, 'seconds') minutes?: unknown;
  @TakesWholeNumber(3600, YEAR_SECONDS, 'seconds') hours?: unknown;
}

/** Rules of the option `admin`. */
export class AdminOptionRules {
  @Takes(
    'a path of letters, digits and - _ . ~ between slashes, such as admin/analytics',
    (value) => matches(value, /^\/?[\w.~-]+(?:\/[\w.~-]+)*\/?$/),
  )
  path?: unknown;
  @Takes('an array of guard classes or guards', (value) =>
    isListOf(value, isGuard),
  )
  guards?: unknown;
  @TakesListOf('an array of role names', /^.{1,128}$/) roles?: unknown;
}

/** Rules of every option; what stands here without a rule would be refused as unknown. */
export class SessionTrackingOptionRules {
  @Takes(
    'an object with exactly one of url (redis:// or rediss://, special characters of a password percent-encoded, its path empty or the number of a database), client (an ioredis Redis) or namespace (a name or symbol)',
    isRedisOption,
  )
  redis?: unknown;
  @Takes('1 to 64 letters, digits and _ . -', (value) =>
    matches(value, /^[\w.-]{1,64}$/),
  )
  keyPrefix?: unknown;
  @TakesWholeNumber(1, YEAR_SECONDS, 'seconds') sessionTtlSeconds?: unknown;
  @TakesWholeNumber(1, YEAR_SECONDS, 'seconds') maxSessionSeconds?: unknown;
  @TakesWholeNumber(1, YEAR_SECONDS, 'seconds') retentionSeconds?: unknown;
  @TakesWholeNumber(1, 100_000, 'records') maxRecordsPerSession?: unknown;
  @TakesListOf(
    'an array of paths that begin with a slash; * may stand only at the end',
    PATH_PATTERN,
  )
  excludePaths?: unknown;
  @TakesListOf('an array of HTTP methods in capitals', /^[A-Z-]{1,20}$/)
  excludeMethods?: unknown;
  @Takes(
    'an array of paths that begin with a slash (* may stand only at the end), a function (path) => string, or an object with paths, redact, defaults',
    isRedactPaths,
  )
  redactPaths?: unknown;
  @Takes(
    'an object with allow, an array of parameter names, or a function (name, value) => string',
    isRedactQuery,
  )
  redactQuery?: unknown;
  @TakesFunction('a function (request) => string | number | undefined')
  identifyUser?: unknown;
  @TakesFunction('a function (request) => string') clientIp?: unknown;
  @Takes("'none', 'truncate' or 'hash'", (value) =>
    isIn(value, ['none', 'truncate', 'hash']),
  )
  anonymizeIp?: unknown;
  @TakesBoolean() captureErrorMessages?: unknown;
  @TakesObject(
    'an object with intervalMs, maxBatch, maxQueue, timeoutMs, shutdownMs',
  )
  flush?: unknown;
  @TakesObject('an object with rate, keepErrors, keepSlowMs')
  sampling?: unknown;
  @TakesObject('an object with minutes, hours') rollups?: unknown;
}

/** Rules of what is given beside a factory. */
export class StructureRules {
  @TakesBoolean() isGlobal?: unknown;
  @TakesBoolean() interceptor?: unknown;
  @TakesObject('false, or an object with path, guards, roles') admin?: unknown;
}
