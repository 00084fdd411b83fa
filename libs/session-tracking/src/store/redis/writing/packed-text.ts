// The fields of a batch, as scripts/append-batch.lua reads them. Each character stands for one byte, so
// that a batch becomes bytes in one go: to write it byte by byte takes several times as long, on the
// application's own thread.

const LAST_ASCII = 0x7f;
const LAST_BYTE = 0xff;
const LARGEST_U2 = 2 ** 16 - 1;
const LARGEST_U4 = 2 ** 32 - 1;
/** The largest that a number of JavaScript can be below 2 ** 64. */
const LARGEST_U8 = 2 ** 64 - 2 ** 11;

const BYTES = Array.from({ length: 0x100 }, (_, code) =>
  String.fromCharCode(code),
);
const SMALL_PAIRS = BYTES.map((byte) => `\0${byte}`);
const NO_BYTES = '\0\0\0\0';

/** What stands between the quotes of a JSON string as it is, and is one byte in UTF-8. */
const PLAIN_JSON = /^[ !#-[\]-~]*$/;

/** A number of one byte. */
export function u1(value: number): string {
  return BYTES[value] ?? refuse(value, LAST_BYTE);
}

/** A number of two bytes, the higher first. */
export function u2(value: number): string {
  const pair = SMALL_PAIRS[value];
  if (pair !== undefined) {
    return pair;
  }
  check(value, LARGEST_U2);
  return String.fromCharCode(value >>> 8, value & LAST_BYTE);
}

/** A number of four bytes, the highest first. */
export function u4(value: number): string {
  check(value, LARGEST_U4);
  return String.fromCharCode(
    value >>> 24,
    (value >>> 16) & LAST_BYTE,
    (value >>> 8) & LAST_BYTE,
    value & LAST_BYTE,
  );
}

/** A number of eight bytes, the highest first. */
export function u8(value: number): string {
  check(value, LARGEST_U8);
  const higher = Math.floor(value / 2 ** 32);
  return (higher === 0 ? NO_BYTES : u4(higher)) + u4(value % 2 ** 32);
}

/** A text of up to 255 bytes, after their number. */
export function s1(bytes: string): string {
  return u1(bytes.length) + bytes;
}

/** A text of up to 65,535 bytes, after their number. */
export function s2(bytes: string): string {
  return u2(bytes.length) + bytes;
}

/** Any text, in UTF-8. */
export function utf8(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > LAST_ASCII) {
      return Buffer.from(text).toString('latin1');
    }
  }
  return text;
}

/** Any text as it stands between the quotes of a JSON string. */
export function json(text: string): string {
  return PLAIN_JSON.test(text) ? text : utf8(JSON.stringify(text).slice(1, -1));
}

/** The bytes that are sent. */
export function toBytes(bytes: string): Buffer {
  return Buffer.from(bytes, 'latin1');
}

function check(value: number, largest: number): void {
  if (!Number.isInteger(value) || value < 0 || value > largest) {
    refuse(value, largest);
  }
}

function refuse(value: number, largest: number): never {
  throw new RangeError(
    `A batch holds ${value} where at most ${largest} has a place.`,
  );
}
