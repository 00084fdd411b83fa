import { type ValidationError, validateSync } from 'class-validator';
import {
  type InvalidOption,
  InvalidOptionsError,
} from '../errors/invalid-options.error.js';
import {
  AdminOptionRules,
  FlushOptionRules,
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

/**
 * Checks what the author of the host wrote and fills in the defaults.
 *
 * @throws InvalidOptionsError naming every option that is wrong
 */
export function resolveOptions(
  options: SessionTrackingOptions,
): ResolvedOptions {
  const rules = Object.assign(new SessionTrackingOptionRules(), options);
  if (isObject(options.flush)) {
    rules.flush = Object.assign(new FlushOptionRules(), options.flush);
  }
  check(rules);
  const sessionTtlSeconds =
    options.sessionTtlSeconds ?? DEFAULT_SESSION_TTL_SECONDS;
  return Object.freeze({
    redis: options.redis,
    keyPrefix: options.keyPrefix ?? 'app',
    sessionTtlSeconds,
    maxSessionSeconds: options.maxSessionSeconds ?? 86_400,
    retentionSeconds: options.retentionSeconds ?? sessionTtlSeconds,
    maxRecordsPerSession: options.maxRecordsPerSession ?? 1000,
    excludePaths: options.excludePaths ?? DEFAULT_EXCLUDED_PATHS,
    excludeMethods: options.excludeMethods ?? ['OPTIONS'],
    identifyUser: options.identifyUser,
    clientIp: options.clientIp,
    captureErrorMessages: options.captureErrorMessages ?? false,
    flush: Object.freeze({
      intervalMs: options.flush?.intervalMs ?? 50,
      maxBatch: options.flush?.maxBatch ?? 500,
      maxQueue: options.flush?.maxQueue ?? 10_000,
      timeoutMs: options.flush?.timeoutMs ?? 500,
      shutdownMs: options.flush?.shutdownMs ?? 5000,
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
  const rules = Object.assign(new StructureRules(), structure);
  if (structure.admin === false) {
    rules.admin = undefined;
  } else if (isObject(structure.admin)) {
    rules.admin = Object.assign(new AdminOptionRules(), structure.admin);
  }
  check(rules);
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

function check(rules: object): void {
  const invalid = validateSync(rules, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  }).flatMap((error) => toInvalidOptions(error, ''));
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
  const [takes] = Object.entries(error.constraints ?? {}).map(
    ([rule, message]) =>
      rule === 'whitelistValidation' ? explainUnknown(option) : message,
  );
  return takes === undefined
    ? nested
    : [{ option, value: print(option, error.value), takes }, ...nested];
}

function explainUnknown(option: string): string {
  return GIVEN_BESIDE_THE_FACTORY.has(option)
    ? 'no value from a factory: give it to forRootAsync beside the factory'
    : 'no value, because there is no such option';
}

/** A connection's address or client can hold a password. */
function print(option: string, value: unknown): string {
  if (option === 'redis') {
    return isObject(value)
      ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}`
      : `a ${typeof value}`;
  }
  if (typeof value === 'function') {
    return 'a function';
  }
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
