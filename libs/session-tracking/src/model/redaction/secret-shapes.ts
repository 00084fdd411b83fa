import { looksRandom } from '../random-text.js';
import { REDACTED } from './redacted.js';

// Every repetition that is not anchored is bounded or excludes what it looks for, so that each
// expression takes linear time on any text.

/** A JSON object in base64url, which is how a JWT and its relatives begin, with the parts after it. */
const JSON_WEB_TOKEN = /eyJ[\w-]{13,}(?:\.[\w-]*){0,4}/g;
/** Also what a UUID without its dashes looks like. */
const LONG_HEX = /[0-9a-f]{32,}/gi;
/** The middle of an e-mail address; not of `lodash@4.17.21`, whose last part is a number. */
const AROUND_AT = /[^\s@/]@[^\s@/]{1,250}\.[a-z\u0080-\uffff]{2}/i;
const EMAIL =
  /[^\s@<>"'(),;:/=&?[\]]{1,64}@[^\s@<>"'(),;:/=&?]{0,250}\.[a-z\u0080-\uffff]{2,63}/gi;
const TOKEN_CHARACTERS = /[\w+=-]{20,}/g;
const QUERY_VALUE = /([?&][\w.[\]-]{1,64}=)[^\s&#"'<>]+/g;
const CREDENTIALS = /\b(Bearer|Basic) [\w.~+/=-]+/gi;
/** What may be a URL, or several with nothing between them. */
const UNBROKEN = /[^\s"'<>]+/g;

/** Whether a text holds an e-mail address, a JWT, long hexadecimal or a random token. */
export function looksSecret(text: string): boolean {
  return (
    text.search(JSON_WEB_TOKEN) !== -1 ||
    text.search(LONG_HEX) !== -1 ||
    AROUND_AT.test(text) ||
    (text.match(TOKEN_CHARACTERS) ?? []).some(looksRandom)
  );
}

/** A message with everything taken out that could be a secret or an e-mail address. */
export function redactText(text: string): string {
  return text
    .replaceAll(UNBROKEN, redactUserOfUrl)
    .replaceAll(QUERY_VALUE, `$1${REDACTED}`)
    .replaceAll(CREDENTIALS, `$1 ${REDACTED}`)
    .replaceAll(JSON_WEB_TOKEN, REDACTED)
    .replaceAll(EMAIL, REDACTED)
    .replaceAll(LONG_HEX, REDACTED)
    .replaceAll(TOKEN_CHARACTERS, (chunk) =>
      looksRandom(chunk) ? REDACTED : chunk,
    );
}

/** A text of a URL, or of several with nothing between them, without the user and password in it. */
function redactUserOfUrl(text: string): string {
  const user = findUserOfUrl(text);
  return user === undefined
    ? text
    : text.slice(0, user.start) + REDACTED + text.slice(user.end);
}

/**
 * Where the user and password of a URL stand in a text; undefined where there are none. A password may hold any
 * character, so only the last `@` ends it for certain.
 */
export function findUserOfUrl(
  text: string,
): { start: number; end: number } | undefined {
  const scheme = text.indexOf('://');
  const start = scheme + '://'.length;
  const end = text.lastIndexOf('@');
  if (scheme === -1 || end <= start) {
    return undefined;
  }
  const user = text.slice(start, end);
  // As in `https://registry.example/@scope`.
  const isOfPath = user.includes('/') && !user.includes(':');
  return isOfPath ? undefined : { start, end };
}
