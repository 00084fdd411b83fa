import { createHash } from 'node:crypto';
import {
  normalizeAddress,
  standsForAddress,
  UNKNOWN_ADDRESS,
} from './address.js';
import type { AddressAnonymizer } from './address-anonymizer.js';
import { isPrintable } from './printable.js';

/** Who sent a request: the user id decides when there is one, else the address. */
export interface ClientIdentity {
  userId?: string;
  ip: string;
}

/** Names a client to look up: by its user id, or by its address when it is anonymous. */
export type ClientReference =
  { userId: string; ip?: string } | { userId?: undefined; ip: string };

/** A client as the store knows it: checked, bounded, and safe inside a key. */
export interface Client {
  /** Empty when anonymous. */
  readonly userId: string;
  /** What is stored of the address. */
  readonly ip: string;
  /** What was stored of it before the latest change of salts; the client's session may go by that. */
  readonly formerIp?: string;
}

/** Longest user id kept as it is, in bytes of UTF-8. */
const MAX_USER_ID_BYTES = 128;

/** Turns what a caller says about a client into the form under which it is stored. */
export function toClient(
  identity: { userId?: unknown; ip?: unknown },
  addresses: AddressAnonymizer,
): Client {
  const ip = toText(identity.ip);
  return anonymizedClient(
    normalizeUserId(toText(identity.userId)),
    standsForAddress(ip) ? ip : (normalizeAddress(ip) ?? UNKNOWN_ADDRESS),
    addresses,
  );
}

/** A client whose user id and address are in their one spelling already. */
export function anonymizedClient(
  userId: string,
  address: string,
  addresses: AddressAnonymizer,
): Client {
  const ip = addresses.anonymize(address);
  const formerIp = addresses.former(address);
  return formerIp === undefined ? { userId, ip } : { userId, ip, formerIp };
}

/** A host may hand over the number that its database uses; anything else names nobody. */
function toText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
      return String(value);
    default:
      return '';
  }
}

/**
 * Keeps a user id that is short and printable; any other becomes a hash, so that two different ids
 * never become one and none can break a key or a log line.
 */
export function normalizeUserId(userId: string): string {
  const acceptable =
    userId.length <= MAX_USER_ID_BYTES &&
    isPrintable(userId) &&
    Buffer.byteLength(userId) <= MAX_USER_ID_BYTES;
  return acceptable
    ? userId
    : `sha256:${createHash('sha256').update(userId, 'utf16le').digest('hex')}`;
}

/** The names under which a client may be stored: the one it has now, then one from before. */
export type StoredNames = readonly [ClientReference, ...ClientReference[]];

/** The names of a client in its stored form. */
export function namesOf({ userId, ip, formerIp }: Client): StoredNames {
  if (userId !== '') {
    return [{ userId }];
  }
  return formerIp === undefined ? [{ ip }] : [{ ip }, { ip: formerIp }];
}

/** The names under which to look a client up; null where it names nobody. */
export function toStoredNames(
  client: ClientReference,
  addresses: AddressAnonymizer,
): StoredNames | null {
  const userId = normalizeUserId(toText(client.userId));
  if (userId !== '') {
    return [{ userId }];
  }
  const ip = toText(client.ip);
  const address = standsForAddress(ip) ? ip : normalizeAddress(ip);
  return address === undefined
    ? null
    : namesOf(anonymizedClient('', address, addresses));
}
