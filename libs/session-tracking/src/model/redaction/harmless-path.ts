import { MAY_LEAD_TO_SECRETS } from './secret-words.js';

/** A shorter run of token characters in mixed case is no secret by its shape. */
const SHORTEST_OF_MIXED_CASE = 16;
/** Nor is a shorter run of letters and digits. */
const SHORTEST_OF_ONE_CASE = 32;

/** Beyond this a path may have been cut, which takes a thorough look to say. */
const LONGEST_PLAIN_PATH = 512;

/**
 * Whether no segment of a path can be secret, by its shape or for the words before it. Nearly every path
 * is harmless, also one with a UUID, and to see it takes little.
 *
 * @param from where to begin: at the start of a segment, with nothing before it that could lead to a secret
 */
export function isHarmlessPath(path: string, from = 0): boolean {
  return isPlain(path, from) && !mayLeadToSecrets(path, from);
}

function mayLeadToSecrets(path: string, from: number): boolean {
  // The last segment leads nowhere, and mostly it is the only one to look at.
  return (
    path.includes('/', Math.max(from, 1)) &&
    MAY_LEAD_TO_SECRETS.test(path.slice(from))
  );
}

/** Whether no segment can be secret by its shape. */
function isPlain(path: string, from: number): boolean {
  if (path.length > LONGEST_PLAIN_PATH) {
    return false;
  }
  let run = 0;
  let alphanumeric = 0;
  let cases = 0;
  for (let index = from; index < path.length; index += 1) {
    const code = path.charCodeAt(index);
    if (isAlphanumeric(code)) {
      run += 1;
      alphanumeric += 1;
      cases |= code < 0x41 ? 0 : code < 0x61 ? UPPER : LOWER;
      if (
        alphanumeric === SHORTEST_OF_ONE_CASE ||
        (run >= SHORTEST_OF_MIXED_CASE && cases === (UPPER | LOWER))
      ) {
        return false;
      }
    } else {
      alphanumeric = 0;
      if (isWithinToken(code)) {
        run += 1;
      } else if (endsToken(code)) {
        run = 0;
        cases = 0;
      } else {
        return false;
      }
    }
  }
  return true;
}

const UPPER = 1;
const LOWER = 2;

function isAlphanumeric(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a)
  );
}

/** `-_+=`, which stand within tokens. */
function isWithinToken(code: number): boolean {
  return code === 0x2d || code === 0x5f || code === 0x2b || code === 0x3d;
}

/** Printable ASCII, but no percent sign, semicolon or at sign. */
function endsToken(code: number): boolean {
  return (
    code > 0x20 &&
    code < 0x7f &&
    code !== 0x25 &&
    code !== 0x3b &&
    code !== 0x40
  );
}
