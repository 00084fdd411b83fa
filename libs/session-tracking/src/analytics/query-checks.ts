import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { LATEST_UNIX_TIME } from '../model/records/durations.js';

/**
 * What a question asked in code may hold, as the admin API has it: types end where JavaScript, a
 * configuration or another service begins. What is left out passes.
 *
 * @throws InvalidQueryError
 */
export function checkWholeNumber(
  field: string,
  value: unknown,
  least: number,
  most: number,
): void {
  check(
    field,
    value,
    isNumberWithin(value, least, most) && Number.isInteger(value),
    `must be a whole number from ${least} to ${most}`,
  );
}

/** @throws InvalidQueryError where it is no Unix time in seconds */
export function checkUnixTime(field: string, value: unknown): void {
  check(
    field,
    value,
    isNumberWithin(value, 0, LATEST_UNIX_TIME),
    `must be Unix time in seconds, from 0 to ${LATEST_UNIX_TIME}`,
  );
}

/** @throws InvalidQueryError where it is none of these */
export function checkOneOf(
  field: string,
  value: unknown,
  allowed: readonly unknown[],
): void {
  check(
    field,
    value,
    allowed.includes(value),
    `must be one of ${allowed.join(', ')}`,
  );
}

/** @throws InvalidQueryError where it is no text, or has nothing in it */
export function checkText(field: string, value: unknown): void {
  check(
    field,
    value,
    typeof value === 'string' && value !== '',
    'must be a text that is not empty',
  );
}

function check(
  field: string,
  value: unknown,
  isRight: boolean,
  takes: string,
): void {
  if (value !== undefined && !isRight) {
    throw new InvalidQueryError(field, takes, value);
  }
}

function isNumberWithin(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}
