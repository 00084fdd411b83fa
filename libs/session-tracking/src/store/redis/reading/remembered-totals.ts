import type { TakeIn } from './call-batcher.js';
import { type RedisTotalsHashes, UNCHANGED } from '../redis-totals-hashes.js';

/** What a hash of totals says, and when it was written last. */
export interface ReadTotals<T> {
  readonly writtenAt: string;
  readonly totals: T;
}

interface RememberedHash<T> extends ReadTotals<T> {
  readonly usedAt: number;
}

/** What nobody asks about is forgotten after so many milliseconds, or twice as many: it may name clients. */
const UNUSED_MS = 30_000;

/**
 * Totals as they were when they were read last. Most slots of an answer are over and do not change any
 * more: these are neither sent nor taken apart a second time. Whoever asks is given the same, not to be
 * changed.
 */
export class RememberedTotals<T> {
  /** The one unused for longest comes first. */
  private readonly remembered = new Map<string, RememberedHash<T>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly hashes: Pick<RedisTotalsHashes, 'read'>,
    private readonly parse: TakeIn<string, ReadTotals<T>>,
    /** Hashes that are remembered; beyond that the one unused for longest is forgotten. */
    private readonly mostHashes: number,
  ) {}

  async read(key: string): Promise<T> {
    const before = this.remembered.get(key);
    const { writtenAt, totals } = await this.hashes.read(
      key,
      before?.writtenAt ?? '',
      (text) =>
        before !== undefined && text === UNCHANGED ? before : this.parse(text),
    );
    this.remembered.delete(key);
    if (writtenAt !== '') {
      this.remembered.set(key, {
        writtenAt,
        totals,
        usedAt: performance.now(),
      });
      this.forgetOldest();
      this.timer ??= setTimeout(() => this.forgetUnused(), UNUSED_MS).unref();
    }
    return totals;
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private forgetOldest(): void {
    const [oldest] = this.remembered.keys();
    if (this.remembered.size > this.mostHashes && oldest !== undefined) {
      this.remembered.delete(oldest);
    }
  }

  private forgetUnused(): void {
    const unusedSince = performance.now() - UNUSED_MS;
    for (const [key, { usedAt }] of this.remembered) {
      if (usedAt <= unusedSince) {
        this.remembered.delete(key);
      }
    }
    this.timer = undefined;
    if (this.remembered.size > 0) {
      this.timer = setTimeout(() => this.forgetUnused(), UNUSED_MS).unref();
    }
  }
}
