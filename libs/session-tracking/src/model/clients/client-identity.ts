import { createHash } from 'node:crypto';
import {
  normalizeAddress,
  spellAddress,
  standsForAddress,
  UNKNOWN_ADDRESS,
} from './address.js';
import type { AddressAnonymizer } from './address-anonymizer.js';
import { isPrintable } from '../printable.js';

/** Who sent a request: the user id decides when there is one, else the address. */
export interface ClientIdentity {
  userId?: string | undefined;
  ip: string;
}

/** Names a client to look up: by its user id, or by its address when it is anonymous. */
export type ClientReference =
  | {
      userId: string;
      ip?: string | undefined;
      /** Whether a `sha256:…` is what answers show of a long id, and not the id itself. */
      asStored?: boolean | undefined;
    }
  | { userId?: undefined; ip: string };

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

const HASHED_USER_ID = /^sha256:[0-9a-f]{64}$/;

/** Turns what a caller says about a client into the form under which it is stored. */
export function toClient(
  identity: { userId?: unknown; ip?: unknown },
  addresses: AddressAnonymizer,
): Client {
  const ip = toText(identity.ip);
  return anonymizedClient(
    toStoredUserId(toText(identity.userId)),
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

/**
 * A host may hand over the number that its database uses; anything else names nobody, nor does the
 * `NaN` that a failed conversion makes of everyone.
 */
export function toText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isFinite(value) ? String(value) : '';
    case 'bigint':
      return String(value);
    default:
      return '';
  }
}

/**
 * The form under which an id is stored. One that is short and printable stays; any other becomes a
 * hash, so that two different ids never become one and none can break a key or a log line. An id that
 * looks like such a hash is hashed too, or it would be another user's.
 */
export function toStoredUserId(userId: string): string {
  return isKept(userId) && !isHashedUserId(userId) ? userId : hash(userId);
}

/** The same for a filter, which takes what answers show of a user: a hash stays what it is. */
export function normalizeUserId(userId: string): string {
  return isHashedUserId(userId) ? userId : toStoredUserId(userId);
}

/** Whether a text may be what is stored of an id that was not kept. */
export function isHashedUserId(text: string): boolean {
  return HASHED_USER_ID.test(text);
}

function isKept(userId: string): boolean {
  return (
    userId.length <= MAX_USER_ID_BYTES &&
    isPrintable(userId) &&
    Buffer.byteLength(userId) <= MAX_USER_ID_BYTES
  );
}

function hash(userId: string): string {
  return `sha256:${createHash('sha256').update(userId, 'utf16le').digest('hex')}`;
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

/** What names a client, in one spelling: the id of a user, else an address, which may be none. */
export function spellClient(client: ClientReference): string {
  const id = toText(client.userId);
  return id === '' ? spellAddress(toText(client.ip)) : storedIdOf(client, id);
}

function storedIdOf(client: ClientReference, id: string): string {
  return client.userId !== undefined && client.asStored === true
    ? normalizeUserId(id)
    : toStoredUserId(id);
}

/** The names under which to look a client up; null where it names nobody. */
export function toStoredNames(
  client: ClientReference,
  addresses: AddressAnonymizer,
): StoredNames | null {
  const id = toText(client.userId);
  if (id !== '') {
    return [{ userId: storedIdOf(client, id) }];
  }
  const ip = toText(client.ip);
  const address = standsForAddress(ip) ? ip : normalizeAddress(ip);
  return address === undefined
    ? null
    : namesOf(anonymizedClient('', address, addresses));
}
