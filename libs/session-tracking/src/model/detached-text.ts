/** A remainder this much longer than what is kept of it is worth a copy, in characters. */
const WORTH_A_COPY = 256;

/**
 * Cuts a text without keeping the whole alive: the engine's own slice only points into its original,
 * so that a record with a short path could hold a request line of many kilobytes in memory.
 */
export function cutText(text: string, length: number): string {
  return detachText(text.slice(0, length), text);
}

/** A text made of pieces of an original, without keeping the whole of that alive. */
export function detachText(text: string, original: string): string {
  return original.length - text.length > WORTH_A_COPY
    ? Buffer.from(text, 'utf16le').toString('utf16le')
    : text;
}
