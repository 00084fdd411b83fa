import ipaddr from 'ipaddr.js';

/** What stands for an address that nobody could tell, such as that of a Unix socket. */
export const UNKNOWN_ADDRESS = 'unknown';

/** An IPv6 address with an embedded IPv4 address and a zone of 16 characters. */
const LONGEST_ADDRESS = 62;

/**
 * The one spelling under which an address is stored: IPv4 in four decimals (also when it arrives
 * mapped into IPv6), IPv6 as RFC 5952 writes it and without a zone.
 *
 * @returns `undefined` when the text is no address
 */
export function normalizeAddress(text: string): string | undefined {
  // Octal, hexadecimal and one-number spellings of IPv4 are refused: software disagrees on them.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    return text;
  }
  if (text.length > LONGEST_ADDRESS || !ipaddr.IPv6.isValid(text)) {
    return undefined;
  }
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) {
    return address.toIPv4Address().toString();
  }
  const [withoutZone = ''] = address.toRFC5952String().split('%');
  return withoutZone;
}
