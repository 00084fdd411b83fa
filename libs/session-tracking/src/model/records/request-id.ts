import { randomUuid } from '../random-uuid.js';

/** Carries the request's id, in and out. */
export const REQUEST_ID_HEADER = 'x-request-id';

const ACCEPTABLE = /^[A-Za-z0-9._:-]{1,128}$/;

/** Whether a text is safe to store and to log as the id of a request. */
export function isRequestId(value: unknown): value is string {
  return typeof value === 'string' && ACCEPTABLE.test(value);
}

/** Keeps an id that is safe to store and to log, else makes one. */
export function acceptRequestId(
  incoming: string | string[] | undefined,
): string {
  return isRequestId(incoming) ? incoming : randomUuid();
}
