import { type ValidationError, validateSync } from 'class-validator';
import { inspect } from 'node:util';
import {
  type InvalidOption,
  InvalidOptionsError,
} from '../errors/invalid-options.error.js';
import type { RedactionRules } from '../model/redaction/redaction-rules.js';
import {
  AdminOptionRules,
  FlushOptionRules,
  RollupOptionRules,
  SamplingOptionRules,
  SessionTrackingOptionRules,
  StructureRules,
} from './option-rules.js';
import type { ResolvedOptions, ResolvedStructure } from './resolved-options.js';
import type {
  SessionTrackingOptions,
  SessionTrackingStructure,
} from './session-tracking-options.js';

const DEFAULT_SESSION_TTL_SECONDS = 7200;
const DEFAULT_ADMIN_PATH = 'admin/analytics';
const DEFAULT_EXCLUDED_PATHS = [
  '/health',
  '/healthz',
  '/livez',
  '/readyz',
  '/metrics',
  '/favicon.ico',
];

/** Where a refused option belongs, when it is not simply unknown. */
const GIVEN_BESIDE_THE_FACTORY = new Set(['isGlobal', 'interceptor', 'admin']);

/** What an object of options is called where something else was given. */
export const OBJECT_OF_OPTIONS = 'an object of options; {} for all defaults';

/** @throws InvalidOptionsError where it is no object */
export function checkObject(
  option: string,
  value: unknown,
  takes: string,
): asserts value is object {
  if (!isObject(value)) {
    throw new InvalidOptionsError([{ option, value: print('', value), takes }]);
  }
}

/**
 * Checks options and structure together, so that one error names all that is wrong with either.
 *
 * @throws InvalidOptionsError naming every option that is wrong
 */
export function checkOptions(
  options: SessionTrackingOptions,
  structure: SessionTrackingStructure,
): void {
  refuse([
    ...findInvalid(rulesOf(options)),
    ...findInvalid(structureRulesOf(structure)),
  ]);
}

/**
 * Checks what the author of the host wrote and fills in the defaults.
 *
 * @throws InvalidOptionsError naming every option that is wrong
 */
export function resolveOptions(
  options: SessionTrackingOptions,
): ResolvedOptions {
  refuse(findInvalid(rulesOf(options)));
  const sessionTtlSeconds =
    options.sessionTtlSeconds ?? DEFAULT_SESSION_TTL_SECONDS;
  return Object.freeze({
    redis: options.redis ?? undefined,
    keyPrefix: options.keyPrefix ?? 'app',
    sessionTtlSeconds,
    maxSessionSeconds: options.maxSessionSeconds ?? 86_400,
    retentionSeconds: options.retentionSeconds ?? sessionTtlSeconds,
    maxRecordsPerSession: options.maxRecordsPerSession ?? 1000,
    excludePaths: options.excludePaths ?? DEFAULT_EXCLUDED_PATHS,
    excludeMethods: options.excludeMethods ?? ['OPTIONS'],
    redactPaths: Object.freeze(resolveRedactPaths(options.redactPaths)),
    redactQuery: options.redactQuery ?? { allow: [] },
    identifyUser: options.identifyUser ?? undefined,
    clientIp: options.clientIp ?? undefined,
    anonymizeIp: options.anonymizeIp ?? 'none',
    captureErrorMessages: options.captureErrorMessages ?? false,
    sampling: Object.freeze({
      rate: options.sampling?.rate ?? 1,
      keepErrors: options.sampling?.keepErrors ?? true,
      keepSlowMs: options.sampling?.keepSlowMs ?? 1000,
    }),
    flush: Object.freeze({
      intervalMs: options.flush?.intervalMs ?? 50,
      maxBatch: options.flush?.maxBatch ?? 500,
      maxQueue: options.flush?.maxQueue ?? 10_000,
      timeoutMs: options.flush?.timeoutMs ?? 500,
      shutdownMs: options.flush?.shutdownMs ?? 5000,
    }),
    rollups: Object.freeze({
      minutes: options.rollups?.minutes ?? 86_400,
      hours: options.rollups?.hours ?? 2_592_000,
    }),
  });
}

/**
 * The same for what Nest needs before it builds the module.
 *
 * @throws InvalidOptionsError naming every option that is wrong
 */
export function resolveStructure(
  structure: SessionTrackingStructure,
): ResolvedStructure {
  refuse(findInvalid(structureRulesOf(structure)));
  return Object.freeze({
    isGlobal: structure.isGlobal ?? true,
    interceptor: structure.interceptor ?? true,
    admin:
      structure.admin === false
        ? false
        : Object.freeze({
            path: (structure.admin?.path ?? DEFAULT_ADMIN_PATH).replaceAll(
              /^\/|\/$/g,
              '',
            ),
            guards: structure.admin?.guards ?? [],
            roles: structure.admin?.roles ?? ['admin'],
          }),
  });
}

function resolveRedactPaths(
  option: SessionTrackingOptions['redactPaths'],
): RedactionRules['redactPaths'] {
  if (typeof option === 'function') {
    return { paths: [], redact: option, defaults: true };
  }
  if (isList(option)) {
    return { paths: option, redact: undefined, defaults: true };
  }
  return {
    paths: option?.paths ?? [],
    redact: option?.redact,
    defaults: option?.defaults ?? true,
  };
}

/** `Array.isArray` takes a list that is only read for none. */
function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function rulesOf(options: SessionTrackingOptions): SessionTrackingOptionRules {
  checkObject('what the factory returned', options, OBJECT_OF_OPTIONS);
  const rules = Object.assign(new SessionTrackingOptionRules(), options);
  if (isObject(options.flush)) {
    rules.flush = Object.assign(new FlushOptionRules(), options.flush);
  }
  if (isObject(options.sampling)) {
    rules.sampling = Object.assign(new SamplingOptionRules(), options.sampling);
  }
  if (isObject(options.rollups)) {
    rules.rollups = Object.assign(new RollupOptionRules(), options.rollups);
  }
  return rules;
}

function structureRulesOf(structure: SessionTrackingStructure): StructureRules {
  const rules = Object.assign(new StructureRules(), structure);
  if (structure.admin === false) {
    rules.admin = undefined;
  } else if (isObject(structure.admin)) {
    rules.admin = Object.assign(new AdminOptionRules(), structure.admin);
  }
  return rules;
}

function findInvalid(rules: object): InvalidOption[] {
  return validateSync(rules, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  }).flatMap((error) => toInvalidOptions(error, ''));
}

function refuse(invalid: readonly InvalidOption[]): void {
  if (invalid.length > 0) {
    throw new InvalidOptionsError(invalid);
  }
}

function toInvalidOptions(
  error: ValidationError,
  parent: string,
): InvalidOption[] {
  const option = parent + error.property;
  const nested = (error.children ?? []).flatMap((child) =>
    toInvalidOptions(child, `${option}.`),
  );
  const { constraints = {} } = error;
  if ('whitelistValidation' in constraints) {
    // What was meant is unknown, so it could be a secret.
    const value = `given (${typeof error.value})`;
    return [{ option, value, takes: explainUnknown(option) }];
  }
  const [takes] = Object.values(constraints);
  return takes === undefined
    ? nested
    : [{ option, value: print(option, error.value), takes }];
}

function explainUnknown(option: string): string {
  return GIVEN_BESIDE_THE_FACTORY.has(option)
    ? 'no value from a factory: give it to forRootAsync beside the factory'
    : 'no value, because there is no such option';
}

/** Prints a value for a log line; addresses of connections are printed without their passwords. */
function print(option: string, value: unknown): string {
  if (option === 'redis') {
    return isObject(value)
      ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}`
      : `a ${typeof value}`;
  }
  const text = inspect(value, { depth: 1, breakLength: Infinity }).replaceAll(
    /\/\/.*@/g,
    '//***@',
  );
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
