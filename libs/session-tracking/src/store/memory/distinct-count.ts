import { createHash } from 'node:crypto';

/** Most hashes kept; with half as many the estimate's standard error is 0.8 %. */
const MAX_HASHES = 32_768;

const ALL_HASHES = 2 ** 32;

/**
 * Counts different names without keeping them: exactly while there are few, then from a sample of
 * their hashes that halves whenever it grows too large.
 */
export class DistinctCount {
  private readonly hashes = new Set<number>();
  /** Only hashes below it are kept. */
  private limit = ALL_HASHES;

  get estimate(): number {
    return Math.round((this.hashes.size * ALL_HASHES) / this.limit);
  }

  add(name: string): void {
    this.addHash(createHash('sha1').update(name).digest().readUInt32BE(0));
  }

  addAll(other: DistinctCount): void {
    this.lowerLimit(Math.min(this.limit, other.limit));
    for (const hash of other.hashes) {
      this.addHash(hash);
    }
  }

  private addHash(hash: number): void {
    if (hash < this.limit) {
      this.hashes.add(hash);
    }
    if (this.hashes.size > MAX_HASHES) {
      this.lowerLimit(this.limit / 2);
    }
  }

  private lowerLimit(limit: number): void {
    this.limit = limit;
    for (const hash of this.hashes) {
      if (hash >= limit) {
        this.hashes.delete(hash);
      }
    }
  }
}
