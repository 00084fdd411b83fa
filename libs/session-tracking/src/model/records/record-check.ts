import { InvalidRecordError } from '../../errors/invalid-record.error.js';
import {
  LATEST_UNIX_TIME,
  roundMilliseconds,
  toUnixSeconds,
} from './durations.js';
import { MAX_NAME_LENGTH, toStoredMessage } from './error-description.js';
import { toPrintable } from '../printable.js';
import type {
  NewRequest,
  NewResponse,
  RequestRecord,
  ResponseRecord,
} from './records.js';
import type { Redactor } from '../redaction/redactor.js';
import { isRequestId } from './request-id.js';
import { pathOf } from './request-path.js';

const METHOD = /^[A-Za-z-]{1,20}$/;
const LONGEST_DURATION_MS = 10_000_000_000;
const MAX_ROUTE_LENGTH = 512;

/** What a record lacks is taken from here. */
export interface RecordDefaults {
  /** Unix time in seconds. */
  readonly timestamp: number;
  readonly request_id: string;
}

/**
 * Makes a request record of what a caller gave.
 *
 * @throws InvalidRecordError naming the first field that cannot be stored
 */
export function checkRequest(
  given: NewRequest,
  defaults: RecordDefaults,
  redactor: Redactor,
): RequestRecord {
  if (typeof given.path !== 'string') {
    throw new InvalidRecordError('path', given.path, 'a string');
  }
  if (typeof given.method !== 'string' || !METHOD.test(given.method)) {
    throw new InvalidRecordError('method', given.method, 'an HTTP method');
  }
  const named: Pick<RequestRecord, 'route' | 'graphql_operation'> = {};
  copyText(given, named, 'route', MAX_ROUTE_LENGTH);
  copyText(given, named, 'graphql_operation', MAX_NAME_LENGTH);
  const record: RequestRecord = {
    timestamp: checkTimestamp(given.timestamp ?? defaults.timestamp),
    path: redactor.path(pathOf(given.path), named.route),
    method: given.method,
    request_id: checkRequestId(given.request_id ?? defaults.request_id),
    ...named,
  };
  const query = redactor.query(
    typeof given.query === 'string' ? `?${given.query}` : given.path,
  );
  if (query !== undefined) {
    record.query = query;
  }
  return record;
}

/**
 * Makes a response record of what a caller gave.
 *
 * @throws InvalidRecordError naming the first field that cannot be stored
 */
export function checkResponse(
  given: NewResponse,
  defaults: Pick<RecordDefaults, 'timestamp'>,
): ResponseRecord {
  const { status_code, aborted } = given;
  if (
    !Number.isInteger(status_code) ||
    status_code < 100 ||
    status_code > 999
  ) {
    throw new InvalidRecordError(
      'status_code',
      status_code,
      'a whole number from 100 to 999',
    );
  }
  const record: ResponseRecord = {
    timestamp: checkTimestamp(given.timestamp ?? defaults.timestamp),
    request_id: checkRequestId(given.request_id),
    status_code,
    duration_ms: checkDuration('duration_ms', given.duration_ms),
  };
  copyText(given, record, 'handler', MAX_NAME_LENGTH);
  if (given.handler_ms !== undefined) {
    record.handler_ms = checkDuration('handler_ms', given.handler_ms);
  }
  copyText(given, record, 'error', MAX_NAME_LENGTH);
  const message: unknown = given.error_message;
  if (typeof message === 'string' && message !== '') {
    record.error_message = toStoredMessage(message);
  }
  if (aborted === true) {
    record.aborted = aborted;
  }
  return record;
}

function checkTimestamp(value: number): number {
  if (!(value >= 0 && value <= LATEST_UNIX_TIME)) {
    throw new InvalidRecordError('timestamp', value, 'Unix time in seconds');
  }
  return toUnixSeconds(value * 1000);
}

function checkDuration(field: string, value: number): number {
  if (!(value >= 0 && value <= LONGEST_DURATION_MS)) {
    throw new InvalidRecordError(field, value, 'milliseconds, at least 0');
  }
  return roundMilliseconds(value);
}

function checkRequestId(value: string): string {
  if (!isRequestId(value)) {
    throw new InvalidRecordError(
      'request_id',
      value,
      '1 to 128 letters, digits and . _ : -',
    );
  }
  return value;
}

function copyText<K extends string>(
  from: { [key in K]?: string | undefined },
  to: { [key in K]?: string },
  field: K,
  maxLength: number,
): void {
  const text: unknown = from[field];
  if (typeof text === 'string' && text !== '') {
    to[field] = toPrintable(text, maxLength);
  }
}
