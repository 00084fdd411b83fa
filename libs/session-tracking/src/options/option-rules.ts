import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import {
  isRedactPaths,
  isRedactQuery,
  PATH_PATTERN,
} from './redaction-option.js';

/** A decorator of a property whose message says what the option takes. */
function Takes(
  takes: string,
  ...rules: ((options: { message: string }) => PropertyDecorator)[]
): PropertyDecorator {
  return (target, property) => {
    for (const rule of rules) {
      rule({ message: takes })(target, property);
    }
  };
}

/** An object whose own rules are then checked; class-validator takes a function for one too. */
function IsRules(options: { message: string }): PropertyDecorator {
  return ValidateBy(
    {
      name: 'isRules',
      validator: {
        validate: (value) => typeof value === 'object' && !Array.isArray(value),
      },
    },
    options,
  );
}

function WholeNumber(
  min: number,
  max: number,
  unit: string,
): PropertyDecorator {
  return Takes(
    `a whole number of ${unit} from ${min} to ${max}`,
    (options) => IsInt(options),
    (options) => Min(min, options),
    (options) => Max(max, options),
  );
}

function Callback(takes: string): PropertyDecorator {
  return Takes(takes, (options) =>
    ValidateBy(
      {
        name: 'isFunction',
        validator: { validate: (value) => typeof value === 'function' },
      },
      options,
    ),
  );
}

function ListOf(takes: string, pattern: RegExp): PropertyDecorator {
  return Takes(
    takes,
    (options) => IsArray(options),
    (options) => IsString({ ...options, each: true }),
    (options) => Matches(pattern, { ...options, each: true }),
  );
}

const YEAR_SECONDS = 31_536_000;
const DAY_MS = 86_400_000;

/** Rules of the option `flush`. */
export class FlushOptionRules {
  @IsOptional()
  @WholeNumber(1, 60_000, 'milliseconds')
  intervalMs?: unknown;

  @IsOptional()
  @WholeNumber(1, 100_000, 'records')
  maxBatch?: unknown;

  @IsOptional()
  @WholeNumber(2, 10_000_000, 'records')
  maxQueue?: unknown;

  @IsOptional()
  @WholeNumber(1, 60_000, 'milliseconds')
  timeoutMs?: unknown;

  @IsOptional()
  @WholeNumber(0, DAY_MS, 'milliseconds')
  shutdownMs?: unknown;
}

/** Rules of the option `sampling`. */
export class SamplingOptionRules {
  @IsOptional()
  @Takes(
    'a number from 0 to 1',
    (options) => IsNumber({}, options),
    (options) => Min(0, options),
    (options) => Max(1, options),
  )
  rate?: unknown;

  @IsOptional()
  @Takes('true or false', (options) => IsBoolean(options))
  keepErrors?: unknown;

  @IsOptional()
  @WholeNumber(0, DAY_MS, 'milliseconds')
  keepSlowMs?: unknown;
}

/** Rules of the option `rollups`. */
export class RollupOptionRules {
  @IsOptional()
  @WholeNumber(3600, YEAR_SECONDS, 'seconds')
  minutes?: unknown;

  @IsOptional()
  @WholeNumber(3600, YEAR_SECONDS, 'seconds')
  hours?: unknown;
}

/** Rules of the option `admin`. */
export class AdminOptionRules {
  @IsOptional()
  @Takes(
    'a path of letters, digits and - _ . ~ between slashes, such as admin/analytics',
    (options) => IsString(options),
    (options) => Matches(/^\/?[\w.~-]+(?:\/[\w.~-]+)*\/?$/, options),
  )
  path?: unknown;

  @IsOptional()
  @Takes(
    'an array of guard classes or guards',
    (options) => IsArray(options),
    (options) =>
      ValidateBy(
        {
          name: 'isGuard',
          validator: {
            validate: (value) =>
              typeof value === 'function' ||
              typeof value?.canActivate === 'function',
          },
        },
        { ...options, each: true },
      ),
  )
  guards?: unknown;

  @IsOptional()
  @ListOf('an array of role names', /^.{1,128}$/)
  roles?: unknown;
}

/** Rules of every option; what stands here without a rule would be refused as unknown. */
export class SessionTrackingOptionRules {
  @IsOptional()
  @Takes(
    'an object with exactly one of url (redis:// or rediss://, special characters of a password percent-encoded, its path empty or the number of a database), client (an ioredis Redis) or namespace (a name or symbol)',
    (options) =>
      ValidateBy(
        { name: 'isRedisOption', validator: { validate: isRedisOption } },
        options,
      ),
  )
  redis?: unknown;

  @IsOptional()
  @Takes('1 to 64 letters, digits and _ . -', (options) =>
    Matches(/^[\w.-]{1,64}$/, options),
  )
  keyPrefix?: unknown;

  @IsOptional()
  @WholeNumber(1, YEAR_SECONDS, 'seconds')
  sessionTtlSeconds?: unknown;

  @IsOptional()
  @WholeNumber(1, YEAR_SECONDS, 'seconds')
  maxSessionSeconds?: unknown;

  @IsOptional()
  @WholeNumber(1, YEAR_SECONDS, 'seconds')
  retentionSeconds?: unknown;

  @IsOptional()
  @WholeNumber(1, 100_000, 'records')
  maxRecordsPerSession?: unknown;

  @IsOptional()
  @ListOf(
    'an array of paths that begin with a slash; * may stand only at the end',
    PATH_PATTERN,
  )
  excludePaths?: unknown;

  @IsOptional()
  @ListOf('an array of HTTP methods in capitals', /^[A-Z-]{1,20}$/)
  excludeMethods?: unknown;

  @IsOptional()
  @Takes(
    'an array of paths that begin with a slash (* may stand only at the end), a function (path) => string, or an object with paths, redact, defaults',
    (options) =>
      ValidateBy(
        { name: 'isRedactPaths', validator: { validate: isRedactPaths } },
        options,
      ),
  )
  redactPaths?: unknown;

  @IsOptional()
  @Takes(
    'an object with allow, an array of parameter names, or a function (name, value) => string',
    (options) =>
      ValidateBy(
        { name: 'isRedactQuery', validator: { validate: isRedactQuery } },
        options,
      ),
  )
  redactQuery?: unknown;

  @IsOptional()
  @Callback('a function (request) => string | number | undefined')
  identifyUser?: unknown;

  @IsOptional()
  @Callback('a function (request) => string')
  clientIp?: unknown;

  @IsOptional()
  @Takes("'none', 'truncate' or 'hash'", (options) =>
    IsIn(['none', 'truncate', 'hash'], options),
  )
  anonymizeIp?: unknown;

  @IsOptional()
  @Takes('true or false', (options) => IsBoolean(options))
  captureErrorMessages?: unknown;

  @IsOptional()
  @Takes(
    'an object with intervalMs, maxBatch, maxQueue, timeoutMs, shutdownMs',
    (options) => IsRules(options),
    (options) => ValidateNested(options),
  )
  flush?: unknown;

  @IsOptional()
  @Takes(
    'an object with rate, keepErrors, keepSlowMs',
    (options) => IsRules(options),
    (options) => ValidateNested(options),
  )
  sampling?: unknown;

  @IsOptional()
  @Takes(
    'an object with minutes, hours',
    (options) => IsRules(options),
    (options) => ValidateNested(options),
  )
  rollups?: unknown;
}

/** Rules of what is given beside a factory. */
export class StructureRules {
  @IsOptional()
  @Takes('true or false', (options) => IsBoolean(options))
  isGlobal?: unknown;

  @IsOptional()
  @Takes('true or false', (options) => IsBoolean(options))
  interceptor?: unknown;

  @IsOptional()
  @Takes(
    'false, or an object with path, guards, roles',
    (options) => IsRules(options),
    (options) => ValidateNested(options),
  )
  admin?: unknown;
}

/**
 * Whether ioredis can read an address: what it cannot decode it prints, and with a database that is no number
 * it ends the process when it connects.
 */
function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\/./.test(text) || !URL.canParse(text)) {
    return false;
  }
  const { username, password, pathname, searchParams } = new URL(text);
  return (
    isEncoded(username) &&
    isEncoded(password) &&
    /^\/?\d*$/.test(pathname) &&
    /^\d*$/.test(searchParams.get('db') ?? '')
  );
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function isRedisOption(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const given = Object.entries(value).filter(
    ([, entry]) => entry !== undefined,
  );
  const [kind, entry] = given[0] ?? [];
  if (given.length !== 1) {
    return false;
  }
  switch (kind) {
    case 'url':
      return typeof entry === 'string' && isRedisUrl(entry);
    case 'client':
      return typeof entry?.duplicate === 'function';
    case 'namespace':
      return (
        (typeof entry === 'string' && entry !== '') || typeof entry === 'symbol'
      );
    default:
      return false;
  }
}
