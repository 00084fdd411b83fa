import { normalizeAddress } from '../clients/address.js';
import { REDACTED } from './redacted.js';

/** What may be an IPv6 address, with its brackets and zone; with `::ffff:` it may end in an IPv4 one. */
const MAYBE_IPV6 =
  /\[?(?<![^\W_])[0-9a-f:.]{2,64}(?!\w)(?:%[\w.~-]{1,16})?\]?/gi;
/** Also one with leading zeros, and four numbers of five: what is hidden too much does no harm. */
const IPV4 = /(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)/g;

/** What may stand before an address without being of it: a colon, or a word of hexadecimal letters and one. */
const BEFORE = ['', ':', /^[0-9a-f]{1,4}:/i] as const;
/** And behind it: what ends a sentence or its part, and a port as Node and others write it. */
const BEHIND = ['', /[.:]$/, /[.:]\d{1,5}[.:]?$/] as const;

/** A text without the IP addresses that it holds; ports stay. */
export function redactAddresses(text: string): string {
  return text.replaceAll(MAYBE_IPV6, redactIPv6).replaceAll(IPV4, REDACTED);
}

function redactIPv6(candidate: string): string {
  const [text = ''] = candidate.replaceAll(/[[\]]/g, '').split('%');
  if (!text.includes(':')) {
    return candidate;
  }
  for (const before of BEFORE) {
    for (const behind of BEHIND) {
      const rest = text.replace(before, '');
      const address = rest.replace(behind, '');
      if (
        /[0-9a-f]/i.test(address) &&
        normalizeAddress(address) !== undefined
      ) {
        return (
          text.slice(0, text.length - rest.length) +
          REDACTED +
          rest.slice(address.length)
        );
      }
    }
  }
  return candidate;
}
