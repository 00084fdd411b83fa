import { isHarmlessPath } from './harmless-path.js';
import { decodeLoosely } from './percent-decoding.js';
import { toPrintable } from '../printable.js';
import { REDACTED } from './redacted.js';
import { isCut } from '../records/request-path.js';
import type { RouteSecrets } from './route-secrets.js';
import { findUserOfUrl, looksSecret } from './secret-shapes.js';
import { isNextStep, leadsToSecrets } from './secret-words.js';

/** Path parameters carry session ids: `/cart;jsessionid=1A2B`. */
const MATRIX = /;|%(?:25){0,2}3b/i;

/** A query, or a fragment with values, that was encoded: of a URL within the path, or by mistake. */
const ENCODED_QUERY =
  /%(?:25){0,2}3f(?=.)|%(?:25){0,2}23(?=[^/]*?(?:=|%(?:25){0,2}3d))/i;

/** What stands before the host of a URL. */
const SCHEME = /(?:^|[^a-z0-9+.-])[a-z][a-z0-9+.-]*:\/*$/i;
const PASSWORD_BEFORE_HOST = /:[^@]*@/;

/**
 * A path without what should not be stored: segments that are secret by their shape, that follow a
 * word such as `reset-password`, or that the route's template calls `:token` or the like, and
 * whatever follows a semicolon. What is fixed in the template stays.
 */
export function redactSecretSegments(
  path: string,
  secrets: RouteSecrets,
): string {
  const { any, harmlessStart } = secrets;
  // Not `startsWith`: V8 compiles that to a loop which takes each character out of both texts by itself.
  const begins = path.slice(0, harmlessStart.length) === harmlessStart;
  const from = begins ? harmlessStart.length : 0;
  return !any && isHarmlessPath(path, from)
    ? path
    : redactThoroughly(path, secrets);
}

function redactThoroughly(path: string, secrets: RouteSecrets): string {
  const printable = toPrintable(path, path.length);
  const query = ENCODED_QUERY.exec(printable);
  const redacted = redactSegments(
    query === null ? printable : printable.slice(0, query.index),
    secrets,
    // Half a token no longer looks like one.
    query === null && isCut(path),
  );
  return query === null ? redacted : redacted + query[0] + REDACTED;
}

function redactSegments(
  path: string,
  secrets: RouteSecrets,
  endIsCut: boolean,
): string {
  const segments = path.split('/');
  let position = -1;
  let afterKeyword = false;
  let afterScheme = false;
  const kept = segments.map((segment) => {
    if (segment === '') {
      return segment;
    }
    position += 1;
    if (secrets.isFixed(position, segment)) {
      afterKeyword ||= leadsToSecrets(segment);
      return segment;
    }
    if (secrets.isSecret(position) || (afterKeyword && !isNextStep(segment))) {
      return REDACTED;
    }
    const matrix = segment.search(MATRIX);
    const head = matrix === -1 ? segment : segment.slice(0, matrix);
    const decoded = decodeLoosely(head);
    const hidden = isSecret(decoded, afterScheme);
    afterKeyword ||= decoded.split('/').some(leadsToSecrets);
    afterScheme = SCHEME.test(decoded);
    return (hidden ? REDACTED : head) + (matrix === -1 ? '' : `;${REDACTED}`);
  });
  if (endIsCut) {
    kept[kept.length - 1] = REDACTED;
  }
  return kept.join('/');
}

/** Whether a segment holds a secret by its shape, or behind a word or a scheme within it. */
function isSecret(segment: string, afterScheme: boolean): boolean {
  const parts = segment.split('/');
  return (
    parts.some(looksSecret) ||
    parts.slice(0, -1).some(leadsToSecrets) ||
    // A password may hold slashes of its own.
    findUserOfUrl(segment) !== undefined ||
    (afterScheme && PASSWORD_BEFORE_HOST.test(segment)) ||
    // Base64 has slashes of its own; looked at piece by piece it may pass for words.
    (parts.length > 1 && looksSecret(parts.join('+'))) ||
    parts.some(
      (part, index) =>
        part.includes('@') &&
        (PASSWORD_BEFORE_HOST.test(part) ||
          (index === 0
            ? afterScheme
            : SCHEME.test(parts.slice(0, index).join('/') + '/'))),
    )
  );
}
