import { createHash } from 'node:crypto';
import { normalizeAddress, UNKNOWN_ADDRESS } from './address.js';
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
  readonly ip: string;
}

/** Longest user id kept as it is, in bytes of UTF-8. */
const MAX_USER_ID_BYTES = 128;

/** Turns what a caller says about a client into the form under which it is stored. */
export function toClient(identity: { userId?: unknown; ip?: unknown }): Client {
  return {
    userId: normalizeUserId(toText(identity.userId)),
    ip: normalizeAddress(toText(identity.ip)) ?? UNKNOWN_ADDRESS,
  };
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

/** The form under which a client is looked up; null where it names nobody. */
export function toStoredReference(
  client: ClientReference,
): ClientReference | null {
  const userId = normalizeUserId(toText(client.userId));
  if (userId !== '') {
    return { userId };
  }
  const ip =
    client.ip === UNKNOWN_ADDRESS
      ? client.ip
      : normalizeAddress(toText(client.ip));
  return ip === undefined ? null : { ip };
}
