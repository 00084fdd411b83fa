import { isHarmlessPath } from './harmless-path.js';
import { WORDS } from './secret-words.js';

/** What a route template says about the segments of the paths that it matches. */
export interface RouteSecrets {
  /** Whether the template names any secret at all. */
  readonly any: boolean;
  /** The fixed start of the template, up to a slash, if nothing in it can lead to a secret; else empty. */
  readonly harmlessStart: string;
  /** Whether the segment is a fixed word of the template, and so no client's text. */
  isFixed(position: number, segment: string): boolean;
  isSecret(position: number): boolean;
}

/** A parameter or wildcard: `:token`, `*rest`, `*"rest"`. */
const PARAMETER = /[:*]"?([A-Za-z_$][\w$-]*)/g;
/** From here on a segment of the path may stand at another place than in the template. */
const OPEN = /[*{}?]/;
const PATTERN = /[:*{}()?]/;

const SECRETS = new Set(
  'token secret email mail password passwd passcode pwd otp jwt signature sig nonce credential auth session sid apikey phone ssn'.split(
    ' ',
  ),
);
/** Words with many meanings, such as in `countryCode` and `keyword`. */
const SECRETS_ALONE = new Set(['code', 'key', 'hash', 'pin']);
/** Words after which those have but one meaning, such as in `resetCode` and `apiKey`. */
const BEFORE_A_SECRET = new Set(
  'reset invite invitation access auth login verification verify confirm confirmation activation activate api secret private recovery magic password time security email otp sms mfa tfa pin phone backup factor'.split(
    ' ',
  ),
);
/** Words that say nothing more about what stands before them: `phoneNumber`. */
const SAYS_NO_MORE = /^(?:value|number|address)$/;
/** Written without anything between its words: `resettoken`, `verificationcode`. */
const RUN_TOGETHER = new RegExp(
  `(?:token|secret|password|passcode)$|^(?:${[...BEFORE_A_SECRET].join('|')})(?:${[...SECRETS_ALONE].join('|')})$`,
);

/** Reads a route template, such as `/auth/reset/:token`; a route that is none has no secrets. */
export function readRouteSecrets(route: string): RouteSecrets {
  const segments = segmentsOf(route);
  const open = segments.findIndex((segment) => OPEN.test(segment));
  const aligned = open === -1 ? segments : segments.slice(0, open);
  const secret = aligned.map(namesSecret);
  const openSecret = open !== -1 && segments.slice(open).some(namesSecret);
  return {
    any: openSecret || secret.includes(true),
    harmlessStart: harmlessStartOf(route),
    isFixed: (position, segment) => {
      const expected = aligned[position];
      return (
        expected !== undefined &&
        !PATTERN.test(expected) &&
        expected.toLowerCase() === segment.toLowerCase()
      );
    },
    isSecret: (position) =>
      secret[position] ?? (openSecret && position >= aligned.length),
  };
}

/** The template up to its first segment that is not fixed, unless that may be a secret's. */
function harmlessStartOf(route: string): string {
  const pattern = route.search(PATTERN);
  const fixed = pattern === -1 ? route : route.slice(0, pattern);
  const start = fixed.slice(0, fixed.lastIndexOf('/') + 1);
  return isHarmlessPath(`${start}x`) ? start : '';
}

function segmentsOf(route: string): string[] {
  return route.startsWith('/')
    ? route
        .replaceAll('{/', '/{')
        .split('/')
        .filter((segment) => segment !== '')
    : [];
}

function namesSecret(segment: string): boolean {
  return Array.from(segment.matchAll(PARAMETER), ([, name = '']) => name).some(
    isSecretName,
  );
}

/** Whether the name of a parameter says that its value is secret: its last word decides. */
function isSecretName(name: string): boolean {
  const words = (name.match(WORDS) ?? []).map((word) => word.toLowerCase());
  if (words.length > 1 && SAYS_NO_MORE.test(words.at(-1) ?? '')) {
    words.pop();
  }
  const last = words.at(-1)?.replace(/s$/, '') ?? '';
  const before = words.at(-2);
  return (
    SECRETS.has(last) ||
    RUN_TOGETHER.test(last) ||
    (SECRETS_ALONE.has(last) &&
      (before === undefined || BEFORE_A_SECRET.has(before)))
  );
}
