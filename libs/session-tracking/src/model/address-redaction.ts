import { normalizeAddress } from './address.js';
import { REDACTED } from './redacted.js';

/** What may be an IPv6 address, with its brackets and zone; with `::ffff:` it may end in an IPv4 one. */
const MAYBE_IPV6 = /\[?(?<!\w)[0-9a-f:.]{2,64}(?!\w)(?:%[\w.~-]{1,16})?\]?/gi;
/** Also one with leading zeros: a number too many that is hidden does no harm. */
const IPV4 = /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)/g;

/** A text without the IP addresses that it holds; ports stay. */
export function redactAddresses(text: string): string {
  return text.replaceAll(MAYBE_IPV6, redactIPv6).replaceAll(IPV4, REDACTED);
}

function redactIPv6(candidate: string): string {
  const [text = ''] = candidate.replaceAll(/[[\]]/g, '').split('%');
  if (!text.includes(':')) {
    return candidate;
  }
  // The colon or full stop of a sentence may stand at either end.
  for (const spelling of [text, text.replace(/[.:]$/, ''), text.slice(1)]) {
    if (
      /[0-9a-f]/i.test(spelling) &&
      normalizeAddress(spelling) !== undefined
    ) {
      const end = text.startsWith(spelling) ? text.slice(spelling.length) : '';
      return REDACTED + end;
    }
  }
  return candidate;
}
