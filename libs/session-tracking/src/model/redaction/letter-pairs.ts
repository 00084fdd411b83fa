/**
 * Which letters follow each of the 26 in words: nearly all pairs of letters in English, German and code,
 * and half of all that there are.
 */
const FOLLOWERS =
  'abcdefghiklmnprstuvwxyz abcdefijlorstuy abcdefhiklorstuy abcdefgilmnorsuvwy abcdefghijklmnopqrstuvwxyz abcdefilorstuy aeghilmnorstuz aehilmnorstuy abcdefgklmnoprstuvxz aeiosu aeiklnorstu acdefgiklmopstuvyz abdeilmopsu abcdefghijklmnoprstuvyz abcdefgijklmnoprstuvwxyz adefhilmoprstuy u abcdefgiklmnoprstuvwyz acefghiklmnopqstuwy acdefhilmnoprstuwyz abcdefgilmnoprst aeiou aehilnors acehiopty aceilmnopst aeiouwz'.split(
    ' ',
  );

const UNUSUAL_PAIR = new RegExp(
  FOLLOWERS.map((followers, index) => {
    const letter = String.fromCharCode(0x61 + index);
    // A letter that is repeated fills a gap; at random that is rare.
    return `(?<=${letter})[^${letter}${followers}\\d]`;
  }).join('|'),
  'g',
);
const LETTERS_PER_UNUSUAL_PAIR = 6;
const LETTER_PAIR = /(?<=[a-z])[a-z]/g;

/** Whether letters may be a word by their pairs, of which a long one may have an unusual one. */
export function looksLikeWord(letters: string): boolean {
  const unusual = letters.toLowerCase().match(UNUSUAL_PAIR)?.length ?? 0;
  return unusual * LETTERS_PER_UNUSUAL_PAIR <= letters.length;
}

/** Which share of the pairs of letters in a text of letters and digits hardly occurs in words. */
export function shareOfUnusualPairs(text: string): number {
  const lower = text.toLowerCase();
  const pairs = lower.match(LETTER_PAIR)?.length ?? 0;
  return pairs === 0 ? 0 : (lower.match(UNUSUAL_PAIR)?.length ?? 0) / pairs;
}
