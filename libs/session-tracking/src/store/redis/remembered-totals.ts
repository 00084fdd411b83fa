import { UNCHANGED } from './redis-totals-hashes.js';

/** What a hash of totals says, and when it was written last. */
export interface ReadTotals<T> {
  readonly writtenAt: string;
  readonly totals: T;
}

/**
 * Totals as they were when they were read last. Most slots of an answer are over and do not change any
 * more: these are neither sent nor taken apart a second time. Whoever asks is given the same, not to be
 * changed.
 */
export class RememberedTotals<T> {
  private readonly remembered = new Map<string, ReadTotals<T>>();

  constructor(
    /** Answers the text of a hash, or `UNCHANGED` where it was written last at that time. */
    private readonly readText: (
      key: string,
      writtenAt: string,
    ) => Promise<string>,
    private readonly parse: (text: string) => ReadTotals<T>,
    /** Hashes that are remembered; beyond that the one unused for longest is forgotten. */
    private readonly mostHashes: number,
  ) {}

  async read(key: string): Promise<T> {
    const before = this.remembered.get(key);
    const text = await this.readText(key, before?.writtenAt ?? '');
    const read =
      before !== undefined && text === UNCHANGED ? before : this.parse(text);
    this.remembered.delete(key);
    if (read.writtenAt !== '') {
      this.remembered.set(key, read);
      this.forgetOldest();
    }
    return read.totals;
  }

  private forgetOldest(): void {
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > this.mostHashes && oldest !== undefined) {
      this.remembered.delete(oldest);
    }
  }
}
