/** Seconds between two sweeps. */
const SWEEP_INTERVAL_SECONDS = 10;

interface Entry<V> {
  value: V;
  expiresAt: number;
}

/** A map whose entries go when their time is up or when there are too many, the oldest first. */
export class ExpiringMap<V> {
  /** How many entries went before their time. */
  crowdedOut = 0;
  private readonly entries = new Map<string, Entry<V>>();
  private sweptAt = 0;

  constructor(
    private readonly maxEntries: number,
    /** Unix time in seconds. */
    private readonly now: () => number,
  ) {}

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry === undefined || entry.expiresAt <= this.now()
      ? undefined
      : entry.value;
  }

  set(key: string, value: V, ttlSeconds: number): void {
    this.sweep();
    // Written again, an entry moves to the young end.
    this.entries.delete(key);
    this.entries.set(key, { value, expiresAt: this.now() + ttlSeconds });
    if (this.entries.size > this.maxEntries) {
      const [oldest] = this.entries;
      if (oldest !== undefined) {
        const [oldestKey, { expiresAt }] = oldest;
        this.entries.delete(oldestKey);
        this.crowdedOut += expiresAt > this.now() ? 1 : 0;
      }
    }
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  deleteWhere(isUnwanted: (value: V) => boolean): void {
    for (const [key, { value }] of this.entries) {
      if (isUnwanted(value)) {
        this.entries.delete(key);
      }
    }
  }

  *values(): Generator<V> {
    for (const [, value] of this.entriesInTime()) {
      yield value;
    }
  }

  /** Keys and values whose time is not up. */
  *entriesInTime(): Generator<[string, V]> {
    const now = this.now();
    for (const [key, { value, expiresAt }] of this.entries) {
      if (expiresAt > now) {
        yield [key, value];
      }
    }
  }

  private sweep(): void {
    const now = this.now();
    if (now - this.sweptAt < SWEEP_INTERVAL_SECONDS) {
      return;
    }
    this.sweptAt = now;
    for (const [key, entry] of this.entries) {
      if (entry.expiresAt <= now) {
        this.entries.delete(key);
      }
    }
  }
}
