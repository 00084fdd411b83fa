import { decodeQueryPart } from './percent-decoding.js';
import { toPrintable } from '../printable.js';
import { REDACTED } from './redacted.js';
import { looksSecret } from './secret-shapes.js';

const MOST_PARAMETERS = 50;
const LONGEST_VALUE = 128;
const LONGEST_QUERY = 1024;

/** What stands in place of the parameters that are too many. */
const MORE = '[more]';

/** Whatever else stands before the `=` is more likely a value that was put there. */
const PLAIN_NAME = /^[\p{L}_$[][\p{L}\p{N}_.$:[\]-]{0,63}$/u;

/** What most names are; no secret is that short. */
const SHORT_NAME = /^[A-Za-z][\w.-]{0,14}$/;

/** What is stored instead of a value, which is given as it was sent; the name is decoded. */
export type ValueRedaction = (name: string, sentValue: string) => string;

/** A query with its names in order and with every value replaced; bounded and printable. */
export function redactValues(query: string, redact: ValueRedaction): string {
  let redacted = '';
  let start = 0;
  for (let count = 0; start <= query.length; count += 1) {
    const ampersand = query.indexOf('&', start);
    const end = ampersand === -1 ? query.length : ampersand;
    const parameter = redactParameter(query.slice(start, end), redact);
    const separator = redacted === '' ? '' : '&';
    if (
      count === MOST_PARAMETERS ||
      redacted.length + parameter.length > LONGEST_QUERY
    ) {
      return redacted + separator + MORE;
    }
    redacted += separator + parameter;
    start = end + 1;
  }
  return redacted;
}

function redactParameter(parameter: string, redact: ValueRedaction): string {
  const equals = parameter.indexOf('=');
  if (equals === -1) {
    return redactName(nameOf(parameter));
  }
  const name = nameOf(parameter.slice(0, equals));
  // A value this long is replaced or cut, so nobody needs the rest of it.
  const value = parameter.slice(equals + 1, equals + 1 + LONGEST_QUERY);
  return `${redactName(name)}=${value === '' ? '' : printValue(redact(name, value))}`;
}

function nameOf(sent: string): string {
  return SHORT_NAME.test(sent)
    ? sent
    : decodeQueryPart(sent.slice(0, LONGEST_QUERY));
}

function redactName(name: string): string {
  return name === '' ||
    SHORT_NAME.test(name) ||
    (PLAIN_NAME.test(name) && !looksSecret(name))
    ? name
    : REDACTED;
}

function printValue(value: string): string {
  return value === REDACTED
    ? value
    : toPrintable(value, LONGEST_VALUE).replaceAll(
        /[%&+]/g,
        encodeURIComponent,
      );
}
