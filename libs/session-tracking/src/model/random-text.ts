import {
  looksLikeWord,
  shareOfUnusualPairs,
} from './redaction/letter-pairs.js';

/** Below this a text holds too little randomness to be told from a word, in characters. */
const SHORTEST_TOKEN = 20;

/** Ids of 24 to 26 characters of one case are common (ObjectId, CUID, ULID); secrets are longer. */
const SHORTEST_TOKEN_OF_ONE_CASE = 32;

/** Of random letters half of all pairs are unusual, of the longest words an eighth. */
const MOST_UNUSUAL_PAIRS = 0.25;

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/gi;
const BETWEEN_PIECES = /[-_+=]+/;
const ONE_WORD = /^(?:[A-Z]?[a-z]*|[A-Z]+|[0-9]+)$/;
const WORDS = /[A-Za-z][a-z]{3,}/g;
/** Shorter ones are names and abbreviations as often as words. */
const SHORTEST_CHECKED = 4;
const LOWER_CASE = /[a-z]/;
const UPPER_CASE = /[A-Z]/;

/**
 * Whether a text of letters, digits and `-_+=` looks drawn at random. Words make the difference:
 * slugs, names in camel case and file names mostly consist of them, even with numbers between.
 */
export function looksRandom(text: string): boolean {
  const unknown = text.replaceAll(UUID, '');
  const pieces = unknown.split(BETWEEN_PIECES);
  if (
    unknown.length >= SHORTEST_TOKEN &&
    LOWER_CASE.test(unknown) &&
    UPPER_CASE.test(unknown)
  ) {
    const inWords = pieces.reduce(
      (sum, piece) => sum + lettersInWords(piece),
      0,
    );
    return inWords * 2 < unknown.length;
  }
  return pieces.some(
    (piece) =>
      piece.length >= SHORTEST_TOKEN_OF_ONE_CASE &&
      (changesBetweenLettersAndDigits(piece) * 5 >= piece.length ||
        shareOfUnusualPairs(piece) > MOST_UNUSUAL_PAIRS),
  );
}

function lettersInWords(piece: string): number {
  const words = ONE_WORD.test(piece) ? [piece] : (piece.match(WORDS) ?? []);
  return words.reduce(
    (sum, word) =>
      word.length < SHORTEST_CHECKED || looksLikeWord(word)
        ? sum + word.length
        : sum,
    0,
  );
}

function changesBetweenLettersAndDigits(piece: string): number {
  return (piece.match(/[0-9]+/g) ?? []).length * 2;
}
