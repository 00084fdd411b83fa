import ipaddr from 'ipaddr.js';
import { standsForAddress } from './address.js';

/**
 * Decides what stands for an address everywhere outside the request: in records and keys, in
 * look-ups, in what the host is handed.
 */
export interface AddressAnonymizer {
  /**
   * What is stored of an address in its one spelling. What was stored before stays as it is.
   */
  anonymize(address: string): string;
  /** What was stored of it before the latest change of salts, where a session may still go by that. */
  former(address: string): string | undefined;
}

/** Injection token of the `AddressAnonymizer`. */
export const AddressAnonymizer = Symbol('AddressAnonymizer');

/** Keeps addresses whole. */
export const wholeAddresses: AddressAnonymizer = {
  anonymize: (address) => address,
  former: () => undefined,
};

/** Keeps the network: 24 bits of an IPv4 address, 48 of an IPv6 address. */
export const truncatedAddresses: AddressAnonymizer = {
  anonymize: truncate,
  former: () => undefined,
};

const GROUPS_KEPT = 3;
/** 6to4 writes the whole IPv4 address of its router into bits 16 to 47. */
const SIX_TO_FOUR = 0x2002;

function truncate(address: string): string {
  if (standsForAddress(address)) {
    return address;
  }
  const lastPoint = address.lastIndexOf('.');
  if (lastPoint !== -1) {
    return `${address.slice(0, lastPoint)}.0`;
  }
  const { parts } = ipaddr.IPv6.parse(address);
  const network = parts.map((part, index) => (index < GROUPS_KEPT ? part : 0));
  if (network[0] === SIX_TO_FOUR) {
    network[GROUPS_KEPT - 1] = (network[GROUPS_KEPT - 1] ?? 0) & 0xff00;
  }
  return new ipaddr.IPv6(network).toRFC5952String();
}
