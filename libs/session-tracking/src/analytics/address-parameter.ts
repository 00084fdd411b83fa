import { InvalidQueryError } from '../errors/invalid-query.error.js';
import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import {
  type StoredNames,
  toStoredNames,
} from '../model/clients/client-identity.js';

/**
 * The names under which the address in a question may be stored.
 *
 * @throws InvalidQueryError when it is no address: an empty answer would look as if nobody had come from there
 */
export function namesOfAddress(
  ip: string,
  addresses: AddressAnonymizer,
): StoredNames {
  const names = toStoredNames({ ip }, addresses);
  if (names === null) {
    throw new InvalidQueryError('ip', 'must be an IPv4 or IPv6 address');
  }
  return names;
}
