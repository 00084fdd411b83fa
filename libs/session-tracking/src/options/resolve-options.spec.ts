import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../errors/invalid-options.error.js';
import { resolveOptions, resolveStructure } from './resolve-options.js';

/** What is thrown for options that a type checker would have refused. */
function refusal(options: object): InvalidOptionsError {
  return caught(() => resolveOptions(options));
}

function structureRefusal(structure: object): InvalidOptionsError {
  return caught(() => resolveStructure(structure));
}

function caught(resolve: () => unknown): InvalidOptionsError {
  try {
    resolve();
  } catch (error) {
    if (error instanceof InvalidOptionsError) {
      return error;
    }
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** A value as a log line shows it, whichever quotes and blanks it prefers. */
function asPrinted(value: unknown): RegExp {
  if (typeof value === 'function') {
    return /function/i;
  }
  const characters = Array.from(JSON.stringify(value)).map((character) =>
    character === '"'
      ? `["']`
      : character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&'),
  );
  return new RegExp(`^${characters.join('\\s*')}$`);
}

describe('options', () => {
  it('have the documented defaults', () => {
    expect(resolveOptions({})).toEqual({
      redis: undefined,
      keyPrefix: 'app',
      sessionTtlSeconds: 7200,
      maxSessionSeconds: 86_400,
      retentionSeconds: 7200,
      maxRecordsPerSession: 1000,
      excludePaths: [
        '/health',
        '/healthz',
        '/livez',
        '/readyz',
        '/metrics',
        '/favicon.ico',
      ],
      excludeMethods: ['OPTIONS'],
      redactPaths: { paths: [], redact: undefined, defaults: true },
      redactQuery: { allow: [] },
      identifyUser: undefined,
      clientIp: undefined,
      anonymizeIp: 'none',
      captureErrorMessages: false,
      sampling: { rate: 1, keepErrors: true, keepSlowMs: 1000 },
      rollups: { minutes: 86_400, hours: 2_592_000 },
      flush: {
        intervalMs: 50,
        maxBatch: 500,
        maxQueue: 10_000,
        timeoutMs: 500,
        shutdownMs: 5000,
      },
    });
  });

  it('are kept as given', () => {
    const given = {
      redis: { url: 'rediss://u:p@cache:6380/1' },
      keyPrefix: 'A-z_0.9',
      sessionTtlSeconds: 1,
      maxSessionSeconds: 2,
      retentionSeconds: 3,
      maxRecordsPerSession: 4,
      excludePaths: ['/', '/a*'],
      excludeMethods: [],
      redactPaths: { paths: ['/x/*'], redact: () => '/', defaults: false },
      redactQuery: { allow: ['page'] },
      identifyUser: () => 'x',
      clientIp: () => '::1',
      anonymizeIp: 'truncate' as const,
      captureErrorMessages: true,
      sampling: { rate: 0.25, keepErrors: false, keepSlowMs: 0 },
      rollups: { minutes: 3600, hours: 31_536_000 },
      flush: {
        intervalMs: 1,
        maxBatch: 2,
        maxQueue: 3,
        timeoutMs: 4,
        shutdownMs: 0,
      },
    };
    expect(resolveOptions(given)).toEqual(given);
  });

  it('retain data as long as the session unless told otherwise', () => {
    expect(resolveOptions({ sessionTtlSeconds: 60 }).retentionSeconds).toBe(60);
  });

  it.each([
    { redactPaths: [/x/] },
    { redactPaths: { path: ['/x'] } },
    { redactPaths: { paths: '/x' } },
    { redactPaths: { redact: '/x' } },
    { redactPaths: { defaults: 0 } },
    { redactQuery: {} },
    { redactQuery: { allow: 'page' } },
    { redactQuery: { allow: [5] } },
    { redactQuery: { allow: [], deny: [] } },
  ])('refuse what cannot say what is hidden: %j', (options) => {
    expect(refusal(options).invalid).toMatchObject([
      { option: Object.keys(options)[0] },
    ]);
  });

  it('take a list or a function for what is hidden of paths', () => {
    expect(resolveOptions({ redactPaths: ['/x'] }).redactPaths).toEqual({
      paths: ['/x'],
      redact: undefined,
      defaults: true,
    });
    expect(resolveOptions({ redactPaths: String }).redactPaths).toEqual({
      paths: [],
      redact: String,
      defaults: true,
    });
    expect(resolveOptions({ redactQuery: String }).redactQuery).toBe(String);
  });

  it('take undefined for left out', () => {
    expect(
      resolveOptions({
        keyPrefix: undefined,
        flush: { maxBatch: undefined },
        sampling: { rate: undefined },
        rollups: { hours: undefined },
      }),
    ).toEqual(resolveOptions({}));
  });

  it('are frozen', () => {
    const options = resolveOptions({});
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options.flush)).toBe(true);
    expect(Object.isFrozen(options.redactPaths)).toBe(true);
    expect(Object.isFrozen(options.sampling)).toBe(true);
    expect(Object.isFrozen(options.rollups)).toBe(true);
  });

  it.each([
    { redis: { client: new Redis({ lazyConnect: true }) } },
    { redis: { namespace: 'default' } },
    { redis: { namespace: Symbol('default') } },
    { redis: { url: 'redis://localhost' } },
  ])('take each kind of Redis (%#)', (options) => {
    expect(resolveOptions(options).redis).toBe(options.redis);
  });

  const SECONDS = /^a whole number of seconds from 1 to 31536000$/;
  it.each<[string, unknown, RegExp]>([
    ['keyPrefix', '', /1 to 64 letters/],
    ['keyPrefix', 'a:b', /1 to 64 letters/],
    ['keyPrefix', 'a\n', /1 to 64 letters/],
    ['keyPrefix', 'x'.repeat(65), /1 to 64 letters/],
    ['keyPrefix', 5, /1 to 64 letters/],
    ['redactPaths', 'x', /paths that begin with a slash/],
    ['redactPaths', ['x'], /paths that begin with a slash/],
    ['redactPaths', ['/*/x'], /paths that begin with a slash/],
    ['redactQuery', 'all', /an object with allow/],
    ['redactQuery', ['page'], /an object with allow/],
    ['anonymizeIp', true, /'none', 'truncate' or 'hash'/],
    ['anonymizeIp', 'sha256', /'none', 'truncate' or 'hash'/],
    ['sessionTtlSeconds', 0, SECONDS],
    ['sessionTtlSeconds', -1, SECONDS],
    ['sessionTtlSeconds', 1.5, SECONDS],
    ['sessionTtlSeconds', '60', SECONDS],
    ['sessionTtlSeconds', 31_536_001, SECONDS],
    ['maxSessionSeconds', 0, SECONDS],
    ['retentionSeconds', [], SECONDS],
    ['maxRecordsPerSession', 0, /from 1 to 100000/],
    ['excludePaths', '/health', /an array of paths/],
    ['excludePaths', ['health'], /an array of paths/],
    ['excludePaths', ['/a*b'], /only at the end/],
    ['excludePaths', [5], /an array of paths/],
    ['excludeMethods', ['get'], /in capitals/],
    ['identifyUser', 'id', /a function/],
    ['clientIp', {}, /a function/],
    ['captureErrorMessages', 'yes', /true or false/],
    ['flush', 5, /an object with intervalMs/],
    ['flush', () => 5, /an object with intervalMs/],
    ['flush', [], /an object with intervalMs/],
    ['sampling', 0.5, /an object with rate/],
    ['rollups', [], /an object with minutes/],
  ])('refuse %s %j and say why', (option, value, takes) => {
    expect(refusal({ [option]: value }).invalid).toEqual([
      {
        option,
        value: expect.stringMatching(asPrinted(value)),
        takes: expect.stringMatching(takes),
      },
    ]);
  });

  it.each<[string, string, unknown, RegExp]>([
    ['sampling', 'rate', -0.1, /^a number from 0 to 1$/],
    ['sampling', 'rate', 1.01, /^a number from 0 to 1$/],
    ['sampling', 'rate', '0.5', /^a number from 0 to 1$/],
    ['sampling', 'rate', Number.NaN, /^a number from 0 to 1$/],
    ['sampling', 'keepErrors', 1, /^true or false$/],
    ['sampling', 'keepSlowMs', -1, /^a whole number of milliseconds/],
    ['sampling', 'keepSlowMs', Infinity, /^a whole number of milliseconds/],
    ['sampling', 'share', 1, /no such option/],
    ['rollups', 'minutes', 3599, /^a whole number of seconds from 3600 to/],
    ['rollups', 'hours', 31_536_001, /^a whole number of seconds from 3600/],
    ['rollups', 'days', 1, /no such option/],
  ])('refuse a wrong %s.%s (%j)', (parent, option, value, takes) => {
    expect(refusal({ [parent]: { [option]: value } }).invalid).toEqual([
      {
        option: `${parent}.${option}`,
        value: expect.any(String),
        takes: expect.stringMatching(takes),
      },
    ]);
  });

  it.each(['intervalMs', 'maxBatch', 'maxQueue', 'timeoutMs', 'shutdownMs'])(
    'refuse a wrong flush.%s and name it whole',
    (option) => {
      for (const value of [-1, 0.5, '5', 1e12]) {
        expect(refusal({ flush: { [option]: value } }).invalid).toEqual([
          {
            option: `flush.${option}`,
            value: expect.stringMatching(asPrinted(value)),
            takes: expect.stringMatching(/^a whole number of \w+ from \d+ to/),
          },
        ]);
      }
    },
  );

  it('refuse a queue without a place for a request and its response', () => {
    expect(refusal({ flush: { maxQueue: 1 } }).invalid).toHaveLength(1);
    expect(resolveOptions({ flush: { maxQueue: 2 } }).flush.maxQueue).toBe(2);
  });

  it('name every wrong option at once, in a message made for a log', () => {
    const error = refusal({
      keyPrefix: 'a b',
      sessionTtlSeconds: 0,
      flush: { maxBatch: 0, maxQueue: 'many' },
      colour: 'red',
    });
    expect(error.invalid.map(({ option }) => option).toSorted()).toEqual([
      'colour',
      'flush.maxBatch',
      'flush.maxQueue',
      'keyPrefix',
      'sessionTtlSeconds',
    ]);
    expect(error.name).toBe('InvalidOptionsError');
    expect(error.message).toContain('5 options are wrong');
    expect(error.message).toMatch(
      /\n  - keyPrefix is ["']a b["']; it takes 1 to 64 letters, digits and _ \. -(?:\n|$)/,
    );
    expect(refusal({ colour: 1 }).message).toContain('one option is wrong');
  });

  it('refuse an option that does not exist', () => {
    for (const options of [{ sesionTtl: 5 }, { flush: { retries: 5 } }]) {
      const [invalid] = refusal(options).invalid;
      expect(invalid).toEqual({
        option: expect.stringMatching(/^(?:sesionTtl|flush\.retries)$/),
        value: expect.any(String),
        takes: 'no value, because there is no such option',
      });
    }
  });

  it.each(['isGlobal', 'interceptor', 'admin'])(
    'say where %s belongs when a factory returns it',
    (option) => {
      expect(refusal({ [option]: true }).invalid).toEqual([
        {
          option,
          value: expect.any(String),
          takes: expect.stringContaining('beside the factory'),
        },
      ]);
    },
  );

  it.each<[unknown, string]>([
    ['redis://u:hunter2@cache', 'a string'],
    [{}, 'an object with nothing in it'],
    [{ url: 'http://u:hunter2@cache' }, 'an object with url'],
    [{ url: 5 }, 'an object with url'],
    [{ url: 'redis://' }, 'an object with url'],
    [{ url: 'redis://cache:99999' }, 'an object with url'],
    [{ url: 'redis://u:hunter2@cache/shop' }, 'an object with url'],
    [{ url: 'redis://cache/-1' }, 'an object with url'],
    [{ url: 'redis://:hunter2#@cache' }, 'an object with url'],
    [{ url: 'redis://:hunter2%@cache' }, 'an object with url'],
    [{ url: 'redis://cache?db=shop' }, 'an object with url'],
    [
      { url: 'redis://c', namespace: 'hunter2' },
      'an object with url, namespace',
    ],
    [{ client: { password: 'hunter2' } }, 'an object with client'],
    [{ namespace: '' }, 'an object with namespace'],
    [{ host: 'cache', password: 'hunter2' }, 'an object with host, password'],
    [5, 'a number'],
  ])('refuse a Redis without printing what it holds (%#)', (redis, printed) => {
    const error = refusal({ redis });
    expect(error.invalid).toEqual([
      {
        option: 'redis',
        value: printed,
        takes: expect.stringContaining('exactly one of url'),
      },
    ]);
    expect(error.message).not.toContain('hunter2');
  });

  it.each([
    { url: 'redis://u:hunter2@cache' },
    { redisUrl: 'redis://:hunter2@cache:6379' },
    { password: 'hunter2' },
    { Redis: { url: 'redis://u:hunter2@cache' } },
    { flush: { url: 'rediss://u:hunter2@cache' } },
    { keyPrefix: 'redis://u:hunter2@cache' },
    { keyPrefix: 'redis://u:p@hunter2@cache' },
    { keyPrefix: 'redis://u:p/hunter2@cache' },
  ])('print no password that stands in the wrong place (%#)', (options) => {
    expect(refusal(options).message).not.toContain('hunter2');
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [5n, '5'],
  ])('print %s as what it is', (value, printed) => {
    const [invalid] = refusal({ sessionTtlSeconds: value }).invalid;
    expect(invalid?.value).toContain(printed);
  });

  it('name a wrong option also when it cannot be printed as JSON', () => {
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    for (const option of ['colour', 'keyPrefix', 'excludePaths', 'redis']) {
      const [invalid] = refusal({ [option]: circular }).invalid;
      expect(invalid?.option).toBe(option);
    }
  });

  it('print a long value in part', () => {
    const [invalid] = refusal({ keyPrefix: 'x'.repeat(5000) }).invalid;
    expect(invalid?.value.length).toBeLessThan(110);
  });
});

describe('the structure', () => {
  it('has the documented defaults, and is frozen', () => {
    const structure = resolveStructure({});
    expect(structure).toEqual({
      isGlobal: true,
      interceptor: true,
      admin: { path: 'admin/analytics', guards: [], roles: ['admin'] },
    });
    expect(Object.isFrozen(structure)).toBe(true);
    expect(Object.isFrozen(structure.admin)).toBe(true);
  });

  it('is kept as given', () => {
    class Guard {
      canActivate(): boolean {
        return true;
      }
    }
    const admin = { guards: [Guard, new Guard()], roles: [] };
    expect(
      resolveStructure({
        isGlobal: false,
        interceptor: false,
        admin: { ...admin, path: '/ops/tracking/' },
      }),
    ).toEqual({
      isGlobal: false,
      interceptor: false,
      admin: { ...admin, path: 'ops/tracking' },
    });
    expect(resolveStructure({ admin: false }).admin).toBe(false);
  });

  it.each<[object, string, RegExp]>([
    [{ isGlobal: 'yes' }, 'isGlobal', /true or false/],
    [{ interceptor: 1 }, 'interceptor', /true or false/],
    [{ admin: true }, 'admin', /false, or an object/],
    [{ admin: 'admin' }, 'admin', /false, or an object/],
    [{ admin: { path: '' } }, 'admin.path', /a path of letters/],
    [{ admin: { path: '/' } }, 'admin.path', /a path of letters/],
    [{ admin: { path: 'a/:id' } }, 'admin.path', /a path of letters/],
    [{ admin: { path: 'a//b' } }, 'admin.path', /a path of letters/],
    [{ admin: { path: 'a b' } }, 'admin.path', /a path of letters/],
    [{ admin: { guards: {} } }, 'admin.guards', /guard classes/],
    [{ admin: { guards: ['JwtAuthGuard'] } }, 'admin.guards', /guard classes/],
    [{ admin: { guards: [null] } }, 'admin.guards', /guard classes/],
    [{ admin: { roles: 'admin' } }, 'admin.roles', /role names/],
    [{ admin: { roles: [''] } }, 'admin.roles', /role names/],
    [{ admin: { roles: [5] } }, 'admin.roles', /role names/],
    [{ admin: { public: true } }, 'admin.public', /no such option/],
    [{ global: true }, 'global', /no such option/],
  ])('refuses %j', (structure, option, takes) => {
    expect(structureRefusal(structure).invalid).toEqual([
      {
        option,
        value: expect.any(String),
        takes: expect.stringMatching(takes),
      },
    ]);
  });
});
