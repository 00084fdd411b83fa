import { randomFillSync } from 'node:crypto';

const HEX = Buffer.from('0123456789abcdef');

/** Each call of the generator has its price, and each text made of bytes. */
const IDS_AT_ONCE = 256;
const BYTES_PER_ID = 16;
const LENGTH = 36;

/** Where the two digits of each byte stand, with dashes between the groups. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const VERSION_BYTE = 6;
const VARIANT_BYTE = 8;

const random = Buffer.alloc(IDS_AT_ONCE * BYTES_PER_ID);
const bytes = Buffer.alloc(IDS_AT_ONCE * LENGTH, '-');
let ids = '';
let used = IDS_AT_ONCE;

/**
 * A random UUID of version 4. Node's own leaves some twenty pieces of string behind, which a busy
 * application's garbage collector feels; this one is a piece of a text that holds many.
 */
export function randomUuid(): string {
  if (used === IDS_AT_ONCE) {
    ids = makeIds();
    used = 0;
  }
  const start = used * LENGTH;
  used += 1;
  return ids.slice(start, start + LENGTH);
}

function makeIds(): string {
  randomFillSync(random);
  for (let id = 0; id < IDS_AT_ONCE; id += 1) {
    const from = id * BYTES_PER_ID;
    const to = id * LENGTH;
    setBits(from + VERSION_BYTE, 0x0f, 0x40);
    setBits(from + VARIANT_BYTE, 0x3f, 0x80);
    for (let index = 0; index < BYTES_PER_ID; index += 1) {
      const byte = random[from + index] ?? 0;
      const place = to + (PLACES[index] ?? 0);
      bytes[place] = HEX[byte >> 4] ?? 0;
      bytes[place + 1] = HEX[byte & 0x0f] ?? 0;
    }
  }
  return bytes.toString('latin1');
}

/** Keeps the bits of the mask random and sets the others. */
function setBits(index: number, mask: number, bits: number): void {
  random[index] = ((random[index] ?? 0) & mask) | bits;
}
