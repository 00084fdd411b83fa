/**
 * Writes the fields of a batch one after another as scripts/append-batch.lua reads them. The text grows
 * by characters that each stand for one byte: joining texts is cheaper than filling a buffer.
 */
export class PackedBytes {
  private bytes = '';

  /** A number of one byte. */
  u1(value: number): this {
    this.bytes += String.fromCharCode(check(value, 0xff));
    return this;
  }

  /** A number of two bytes. */
  u2(value: number): this {
    check(value, 0xffff);
    this.bytes += String.fromCharCode(value >> 8, value & 0xff);
    return this;
  }

  /** A number of four bytes. */
  u4(value: number): this {
    check(value, 0xffffffff);
    return this.u2(Math.floor(value / 0x10000)).u2(value % 0x10000);
  }

  /** A number of eight bytes. */
  u8(value: number): this {
    return this.u4(Math.floor(value / 0x100000000)).u4(value % 0x100000000);
  }

  /** A text of up to 255 bytes. */
  s1(text: string): this {
    const bytes = toBytes(text);
    this.bytes += String.fromCharCode(check(bytes.length, 0xff)) + bytes;
    return this;
  }

  /** A text of up to 65,535 bytes. */
  s2(text: string): this {
    const bytes = toBytes(text);
    this.u2(bytes.length);
    this.bytes += bytes;
    return this;
  }

  /** What was packed on its own, of up to four gigabytes. */
  s4(packed: PackedBytes): this {
    this.u4(packed.bytes.length);
    this.bytes += packed.bytes;
    return this;
  }

  toBuffer(): Buffer {
    return Buffer.from(this.bytes, 'latin1');
  }
}

// oxlint-disable-next-line no-control-regex -- every character of ASCII is one byte of UTF-8
const ASCII = /^[\u0000-\u007f]*$/;

/** The text in UTF-8, a character for each byte. */
function toBytes(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

function check(value: number, most: number): number {
  if (!(value >= 0 && value <= most)) {
    throw new RangeError(
      `A batch holds ${value} where at most ${most} has a place.`,
    );
  }
  return value;
}
