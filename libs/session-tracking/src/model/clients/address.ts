import ipaddr from 'ipaddr.js';

/** What stands for an address that nobody could tell, such as that of a Unix socket. */
export const UNKNOWN_ADDRESS = 'unknown';

const HASHED_ADDRESS = /^hash:[\w-]{22}$/;

/** Whether a text is no address but what is stored where there is none to keep. */
export function standsForAddress(text: string): boolean {
  return text === UNKNOWN_ADDRESS || HASHED_ADDRESS.test(text);
}

/**
 * Nearly every address is spelt like this, and the test takes a tenth of what parsing does. Octal,
 * hexadecimal and one-number spellings are no addresses here: software disagrees on them.
 */
const CANONICAL_IPV4 =
  /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** What a socket that listens on IPv6 puts before the address of an IPv4 client. */
const IPV4_MAPPED = '::ffff:';

/** An IPv6 address with an embedded IPv4 address and a zone of 16 characters. */
const LONGEST_ADDRESS = 62;

/**
 * The one spelling under which an address is stored: IPv4 in four decimals (also when it arrives
 * mapped into IPv6), IPv6 as RFC 5952 writes it and without a zone.
 *
 * @returns `undefined` when the text is no address
 */
export function normalizeAddress(text: string): string | undefined {
  const ipv4 = text.startsWith(IPV4_MAPPED)
    ? text.slice(IPV4_MAPPED.length)
    : text;
  if (CANONICAL_IPV4.test(ipv4)) {
    return ipv4;
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

/** The same of what may be no address, which stays as it is. */
export function spellAddress(text: string): string {
  return normalizeAddress(text) ?? text;
}
