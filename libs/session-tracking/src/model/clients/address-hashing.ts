import { createHmac } from 'node:crypto';
import { standsForAddress } from './address.js';
import type { AddressAnonymizer } from './address-anonymizer.js';

/** The secrets of two days; whoever has neither cannot tell which address a hash stands for. */
export interface AddressSalts {
  readonly current: Uint8Array;
  /** The day before's, until the sessions that began under it have ended. */
  readonly previous?: Uint8Array;
}

const HASH_LENGTH = 22;

/** Most addresses whose hashes are remembered. */
const MOST_REMEMBERED = 10_000;

interface Hashes {
  readonly current: string;
  readonly former: string | undefined;
}

/**
 * Replaces addresses by keyed hashes, `hash:` and 132 bits in base64url. The salts are another's to
 * fetch and to replace; the hashes of the addresses seen lately are remembered, since each request
 * would pay for them otherwise.
 */
export class HashingAnonymizer implements AddressAnonymizer {
  /** Two generations: the older is forgotten whole when the younger is full. */
  private young = new Map<string, Hashes>();
  private old = new Map<string, Hashes>();

  constructor(private salts: AddressSalts) {}

  /** Goes over to new salts; everything hashed under the old ones is forgotten. */
  useSalts(salts: AddressSalts): void {
    this.salts = salts;
    this.young = new Map();
    this.old = new Map();
  }

  anonymize(address: string): string {
    return standsForAddress(address) ? address : this.hashesOf(address).current;
  }

  former(address: string): string | undefined {
    return standsForAddress(address)
      ? undefined
      : this.hashesOf(address).former;
  }

  private hashesOf(address: string): Hashes {
    const remembered = this.young.get(address);
    if (remembered !== undefined) {
      return remembered;
    }
    const hashes = this.old.get(address) ?? this.compute(address);
    if (this.young.size >= MOST_REMEMBERED / 2) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(address, hashes);
    return hashes;
  }

  private compute(address: string): Hashes {
    const { current, previous } = this.salts;
    return {
      current: hash(address, current),
      former: previous === undefined ? undefined : hash(address, previous),
    };
  }
}

function hash(address: string, salt: Uint8Array): string {
  const digest = createHmac('sha256', salt).update(address).digest('base64url');
  return `hash:${digest.slice(0, HASH_LENGTH)}`;
}
