import { randomFillSync } from 'node:crypto';

const HEX = Buffer.from('0123456789abcdef');

/** Where the 16 bytes stand in the 36 characters. */
const POSITIONS = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

const VERSION_BYTE = 6;
const VARIANT_BYTE = 8;

/** The random bytes of 256 ids, because each call of the generator has its price. */
const pool = Buffer.alloc(POSITIONS.length * 256);
let used = pool.length;

const text = Buffer.alloc(36, '-');

/**
 * A random UUID of version 4. Node's own leaves some twenty pieces of string behind, which a busy
 * application's garbage collector feels; this one makes a single string.
 */
export function randomUuid(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    for (let id = 0; id < pool.length; id += POSITIONS.length) {
      pool[id + VERSION_BYTE] = ((pool[id + VERSION_BYTE] ?? 0) & 0x0f) | 0x40;
      pool[id + VARIANT_BYTE] = ((pool[id + VARIANT_BYTE] ?? 0) & 0x3f) | 0x80;
    }
    used = 0;
  }
  for (const position of POSITIONS) {
    const byte = pool[used] ?? 0;
    used += 1;
    text[position] = HEX[byte >> 4] ?? 0;
    text[position + 1] = HEX[byte & 15] ?? 0;
  }
  return text.toString('latin1');
}
