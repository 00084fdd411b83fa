/** Words after which a path names a secret, wherever they stand in a segment. */
const SECRETS =
  'token|password|passwd|passcode|pwd|otp|totp|forgot|forgotten|unsubscribe|apikey|(?:api|access|secret|private) key|(?:change|update|confirm|new) e ?mail';

/** Words that name one where the whole segment is about it: `verify-account`, not `verify-order`. */
const ACTIONS =
  'reset|recover|recovery|verify|verification|confirm|confirmation|magic|magiclink|invite|invites|invitation|invitations|activate|activation|log ?in|sign ?in';

/** Words that stand beside those and change nothing about it. */
const COMPANIONS =
  'a|the|my|your|by|with|via|to|new|old|one|time|set|change|update|create|choose|request|check|validate|validation|complete|finish|accept|decline|join|use|account|user|member|registration|signup|address|e|email|mail|phone|sms|code|pin|link|url|key|api|access|refresh|auth|security|form|page|html?|php|aspx?|json';

const AFTER = `(?: (?:${SECRETS}|${ACTIONS}|${COMPANIONS}))*$`;
const NAMES_A_SECRET = new RegExp(`(?:^| )(?:${SECRETS})${AFTER}`);
const IS_ABOUT_ONE = new RegExp(
  `^(?:(?:${COMPANIONS}) )*(?:${ACTIONS})${AFTER}`,
);

/** Written without anything between its words. */
const RUN_TOGETHER =
  /^(?:reset|forgot|set|new|setnew|change|update|confirm)(?:password|pin|code)$|^[a-z]+(?:token|password)$|^password(?:reset|recovery)$|^(?:verify|confirm|change|activate)(?:email|account|otp|phone)$|^(?:email|account)(?:verification|confirmation|activation)$|^accept(?:invite|invitation)$|^(?:magic|invite|reset|login)link$|^magiclogin$/;

/** What may follow such a word and is no secret itself: `password/reset`. */
const STEPS = new Set(
  'reset change forgot new update verify confirm recover'.split(' '),
);

/** The words of a name in camel, Pascal or snake case. */
export const WORDS = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;
const LETTERS = /[a-z]+/g;

/**
 * A cheap test that is true where something follows such a segment in a path of plain characters. For
 * short paths only: it may take the square of their length.
 */
export const MAY_LEAD_TO_SECRETS =
  /(?:reset|recover|verif|confirm|pass[-_.]?w|passcode|pwd|forgot|otp|magic|invit|activat|unsubscribe|log[^a-z/]{0,9}in|sign[^a-z/]{0,9}in|token|(?:api|access|secret|private)[^a-z/]{0,9}key|(?:change|update|confirm|new)[^a-z/]{0,9}e[^a-z/]{0,9}mail|(?:set|new|change|update)(?:pin|code|account|phone))[^/]*\/./i;

/**
 * Whether what follows a segment in a path is a secret or names a person. Its words decide, and
 * whatever stands around and between them does not.
 */
export function leadsToSecrets(segment: string): boolean {
  if (segment.length < SHORTEST) {
    return false;
  }
  const lower = segment.toLowerCase();
  return (
    isAboutSecrets(lower.match(LETTERS) ?? []) ||
    // A router may not care about case, so `ReSeT` is a word, and so is each of `resetPassword`.
    isAboutSecrets(
      segment.match(WORDS)?.map((word) => word.toLowerCase()) ?? [],
    )
  );
}

const SHORTEST = 3;

/** Whether a segment behind such a word is the next word of it: `password/reset`. */
export function isNextStep(segment: string): boolean {
  return STEPS.has(segment.toLowerCase());
}

function isAboutSecrets(words: readonly string[]): boolean {
  const text = words.join(' ');
  return (
    NAMES_A_SECRET.test(text) ||
    IS_ABOUT_ONE.test(text) ||
    RUN_TOGETHER.test(text)
  );
}
