const FIRST_SIZE = 16_384;

/** The most bytes that a UTF-16 code unit becomes in UTF-8. */
const BYTES_PER_UNIT = 3;

const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LAST_PRINTABLE = 0x7e;
const LAST_ASCII = 0x7f;

/**
 * Writes the fields of a batch one after another, as scripts/append-batch.lua reads them, into the
 * bytes that are sent: texts that are joined from pieces leave kilobytes of garbage for each request.
 */
export class PackedBytes {
  private bytes = Buffer.allocUnsafe(FIRST_SIZE);
  private length = 0;
  /** Of each part that is not ended in turn where it begins, and how many bytes say its length. */
  private readonly parts: number[] = [];

  /** A number of one byte. */
  u1(value: number): this {
    return this.number(value, 1);
  }

  /** A number of two bytes. */
  u2(value: number): this {
    return this.number(value, 2);
  }

  /** A number of eight bytes. */
  u8(value: number): this {
    return this.number(value, 8);
  }

  /** A text of up to 255 bytes, after their number. */
  s1(text: string): this {
    return this.begin(1).text(text).end();
  }

  /** A text of up to 65,535 bytes, after their number. */
  s2(text: string): this {
    return this.begin(2).text(text).end();
  }

  /** Begins a part that stands after the number of its bytes, which takes so many bytes itself. */
  begin(lengthBytes: 1 | 2 | 4): this {
    this.makeRoom(lengthBytes);
    this.length += lengthBytes;
    this.parts.push(this.length, lengthBytes);
    return this;
  }

  /** Ends the part that was begun last. */
  end(): this {
    const lengthBytes = this.parts.pop();
    const start = this.parts.pop();
    if (lengthBytes === undefined || start === undefined) {
      throw new RangeError('There is no part to end.');
    }
    this.writeNumber(this.length - start, lengthBytes, start - lengthBytes);
    return this;
  }

  /** A text in UTF-8. */
  text(text: string): this {
    this.makeRoom(text.length * BYTES_PER_UNIT);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > LAST_ASCII) {
        at = this.length + bytes.write(text, this.length, 'utf8');
        break;
      }
      bytes[at] = code;
      at += 1;
    }
    this.length = at;
    return this;
  }

  /** A text as it stands between the quotes of a JSON string. */
  json(text: string): this {
    this.makeRoom(text.length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (
        code < SPACE ||
        code > LAST_PRINTABLE ||
        code === QUOTE ||
        code === BACKSLASH
      ) {
        return this.text(JSON.stringify(text).slice(1, -1));
      }
      bytes[at] = code;
      at += 1;
    }
    this.length = at;
    return this;
  }

  toBuffer(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private number(value: number, size: 1 | 2 | 8): this {
    this.makeRoom(size);
    this.writeNumber(value, size, this.length);
    this.length += size;
    return this;
  }

  private writeNumber(value: number, size: number, at: number): void {
    const { bytes } = this;
    let rest = value;
    for (let place = at + size - 1; place >= at; place -= 1) {
      bytes[place] = rest & 0xff;
      rest = Math.floor(rest / 0x100);
    }
    if (rest !== 0) {
      throw new RangeError(
        `A batch holds ${value} where at most ${2 ** (8 * size) - 1} has a place.`,
      );
    }
  }

  private makeRoom(size: number): void {
    const needed = this.length + size;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(needed, this.bytes.length * 2),
      );
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
  }
}
