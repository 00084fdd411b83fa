const ENCODED_BYTE = /%([0-9a-f]{2})/gi;

/** A client may encode what is encoded already; nobody means more than this. */
const MOST_ROUNDS = 3;

/**
 * Shows what a percent-encoded text hides: good enough to recognise ASCII, whatever stands around it.
 * Unlike `decodeURIComponent` it never throws, and it undoes an encoding of an encoding.
 */
export function decodeLoosely(text: string): string {
  let decoded = text;
  for (
    let round = 0;
    round < MOST_ROUNDS && decoded.includes('%');
    round += 1
  ) {
    decoded = decoded.replaceAll(ENCODED_BYTE, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  return decoded;
}

/** The value of a query parameter as a framework would hand it over; as it came where it is broken. */
export function decodeQueryPart(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
