import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyText } from '../../../testing/any-text.js';
import { DEFAULT_REDACTION } from '../../../testing/record-builders.js';
import { InvalidRecordError } from '../../errors/invalid-record.error.js';
import { checkRequest, checkResponse } from './record-check.js';
import { Redactor } from '../redaction/redactor.js';
import type { NewRequest, NewResponse } from './records.js';

const DEFAULTS = { timestamp: 1_700_000_000.5, request_id: 'default' };
const REQUEST: NewRequest = { path: '/items', method: 'GET' };
const REDACTOR = new Redactor(DEFAULT_REDACTION, () => undefined);
const RESPONSE: NewResponse = {
  request_id: 'a',
  status_code: 200,
  duration_ms: 1.5,
};

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

function refusalOf(duration_ms: unknown, request_id: unknown): string {
  const given: NewResponse = Object.assign(
    { ...RESPONSE },
    { duration_ms, request_id },
  );
  try {
    checkResponse(given, DEFAULTS);
  } catch (error) {
    return String(error);
  }
  return 'nothing';
}

describe('a request given by a caller', () => {
  it('is completed', () => {
    expect(checkRequest(REQUEST, DEFAULTS, REDACTOR)).toEqual({
      timestamp: 1_700_000_000.5,
      path: '/items',
      method: 'GET',
      request_id: 'default',
    });
  });

  it('keeps what the record has room for, and nothing else', () => {
    const given = {
      ...REQUEST,
      timestamp: 5,
      request_id: 'mine',
      route: '/items',
      graphql_operation: '',
      password: 'hunter2',
    };
    expect(checkRequest(given, DEFAULTS, REDACTOR)).toEqual({
      timestamp: 5,
      path: '/items',
      method: 'GET',
      request_id: 'mine',
      route: '/items',
    });
  });

  it('has its query cut off, and milliseconds as the fraction', () => {
    const record = checkRequest(
      { ...REQUEST, path: '/a?token=x', timestamp: 1.23456789 },
      DEFAULTS,
      REDACTOR,
    );
    expect(record).toMatchObject({ path: '/a', timestamp: 1.235 });
  });

  it.each([
    ['path', 5],
    ['path', undefined],
    ['method', ''],
    ['method', 'GET\n'],
    ['method', 'x'.repeat(21)],
    ['method', null],
    ['timestamp', -1],
    ['timestamp', Number.NaN],
    ['timestamp', Number.POSITIVE_INFINITY],
    ['timestamp', 1e12],
    ['request_id', ''],
    ['request_id', 'a b'],
    ['request_id', 'x'.repeat(129)],
    ['request_id', 5],
  ])('is refused for its %s %j, by name', (field, value) => {
    const given: NewRequest = Object.assign({ ...REQUEST }, { [field]: value });
    expect(() => checkRequest(given, DEFAULTS, REDACTOR)).toThrow(
      InvalidRecordError,
    );
    expect(() => checkRequest(given, DEFAULTS, REDACTOR)).toThrow(
      `record's ${field} is`,
    );
  });

  it.each([
    ['a\n[Nest] forged\u001b[2J\u009b\u202e'],
    [['a\n[Nest] forged\u001b[2J', 'b']],
    [Object.create(null)],
    [() => 'a\nb'],
    ['\n'.repeat(100_000)],
  ])('is refused in one printable, short line', (value) => {
    const given: NewRequest = Object.assign({ ...REQUEST }, { method: value });
    expect(() => checkRequest(given, DEFAULTS, REDACTOR)).toThrow(
      /^The record's method is [^\p{Cc}\p{Cf}]{1,800}; it takes an HTTP method\.$/u,
    );
  });
});

describe('a request given by a caller, before it is a record', () => {
  it('loses the secrets of its path, also those that its route names', () => {
    expect(
      checkRequest(
        { ...REQUEST, path: '/x/abc/y', route: '/x/:token/y' },
        DEFAULTS,
        REDACTOR,
      ).path,
    ).toBe('/x/[redacted]/y');
  });

  it.each([
    [{ path: '/a?page=2&q=secret' }],
    [{ path: '/a', query: 'page=2&q=secret' }],
    [{ path: '/a?other=1', query: 'page=2&q=secret' }],
  ])('keeps the names of its query alone: %j', (given) => {
    expect(checkRequest({ ...REQUEST, ...given }, DEFAULTS, REDACTOR)).toEqual({
      ...DEFAULTS,
      path: '/a',
      method: 'GET',
      query: 'page=[redacted]&q=[redacted]',
    });
  });
});

describe('a response given by a caller', () => {
  it('is completed and rounded', () => {
    expect(
      checkResponse(
        { ...RESPONSE, duration_ms: 1.23456, handler_ms: 0.999 },
        DEFAULTS,
      ),
    ).toEqual({
      timestamp: 1_700_000_000.5,
      request_id: 'a',
      status_code: 200,
      duration_ms: 1.23,
      handler_ms: 1,
    });
  });

  it('says aborted only when it was', () => {
    expect(
      checkResponse({ ...RESPONSE, aborted: true }, DEFAULTS).aborted,
    ).toBe(true);
    expect(checkResponse(RESPONSE, DEFAULTS)).not.toHaveProperty('aborted');
  });

  it('has no secrets in its message', () => {
    expect(
      checkResponse(
        { ...RESPONSE, error_message: 'No user bob@example.com' },
        DEFAULTS,
      ).error_message,
    ).toBe('No user [redacted]');
  });

  it.each([
    ['status_code', 99],
    ['status_code', 1000],
    ['status_code', 200.5],
    ['status_code', '200'],
    ['status_code', Number.NaN],
    ['duration_ms', -0.01],
    ['duration_ms', Number.NaN],
    ['duration_ms', Number.POSITIVE_INFINITY],
    ['duration_ms', 1e12],
    ['duration_ms', undefined],
    ['handler_ms', -1],
    ['request_id', undefined],
    ['timestamp', -1],
  ])('is refused for its %s %j, by name', (field, value) => {
    const given: NewResponse = Object.assign(
      { ...RESPONSE },
      { [field]: value },
    );
    expect(() => checkResponse(given, DEFAULTS)).toThrow(InvalidRecordError);
    expect(() => checkResponse(given, DEFAULTS)).toThrow(
      `record's ${field} is`,
    );
  });
});

it('makes any text bounded, well-formed and free of control characters', () => {
  fc.assert(
    fc.property(anyText(700), (text) => {
      const { route = '', graphql_operation = '' } = checkRequest(
        { ...REQUEST, route: text, graphql_operation: text },
        DEFAULTS,
        REDACTOR,
      );
      const {
        handler = '',
        error = '',
        error_message = '',
      } = checkResponse(
        { ...RESPONSE, handler: text, error: text, error_message: text },
        DEFAULTS,
      );
      const made = [route, graphql_operation, handler, error, error_message];
      const limits = [512, 128, 128, 128, 256];
      made.forEach((each, index) => {
        expect(each.length).toBeLessThanOrEqual(limits[index] ?? 0);
        expect(each.isWellFormed()).toBe(true);
        expect(each).not.toMatch(CONTROL_CHARACTER);
      });
    }),
  );
});

it('says a refused value as what it is, at a length made for a log', () => {
  expect(refusalOf(Number.NaN, 'a')).toContain('NaN');
  expect(refusalOf(1, 'x'.repeat(1_000_000)).length).toBeLessThan(1000);
});
