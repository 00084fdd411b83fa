import { randomBytes } from 'node:crypto';
import { HashingAnonymizer } from '../model/clients/address-hashing.js';
import {
  dayAfter,
  dayBefore,
  endOfDay,
  saltExpiry,
  utcDay,
} from '../model/clients/salt-days.js';
import type { SessionStore } from '../store/session-store.js';
import type { Clock, Timer } from './clock.js';
import type { TrackingLog } from './tracking-log.js';

/** How often the store is asked again: one that lost its data has another salt now. */
const REFRESH_MS = 600_000;

/** How long before midnight the next day's salt is fetched. */
const AHEAD_MS = 3_600_000;

const SHORTEST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/**
 * Sees to it that addresses are hashed under the salt of the day, which all instances share through
 * the store, and that no salt stays in memory for longer than it is honoured.
 */
export class SaltRotation {
  /** Hashes under a random salt of this process until the store's is known. */
  readonly addresses: HashingAnonymizer;

  private readonly ownSalt = randomBytes(32).toString('base64url');
  /** By day. */
  private readonly salts = new Map<string, string>();
  private inUse: { current: string; previous?: string | undefined };
  private failures = 0;
  private timer: Timer | undefined;
  private stopped = false;

  constructor(
    private readonly store: Pick<SessionStore, 'addressSalt'>,
    private readonly maxSessionSeconds: number,
    private readonly clock: Clock,
    private readonly log: TrackingLog,
  ) {
    this.inUse = { current: this.ownSalt };
    this.addresses = new HashingAnonymizer({ current: decode(this.ownSalt) });
  }

  /** Fetches what is needed by now and goes on by itself, also where the store is away. */
  start(): Promise<void> {
    return this.refresh();
  }

  /** Fetches no more. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async refresh(): Promise<void> {
    // What is known changes on time, however long the store takes to answer.
    this.useKnownSalts();
    try {
      for (const day of this.daysNeeded()) {
        const salt = await this.store.addressSalt(day);
        if (salt !== null) {
          this.salts.set(day, salt);
        }
      }
      this.failures = 0;
    } catch (error) {
      this.failures += 1;
      this.reportFailure(error);
    }
    this.useKnownSalts();
    if (!this.stopped) {
      this.timer = this.clock.schedule(
        () => void this.refresh(),
        this.untilNext(),
      );
    }
  }

  private daysNeeded(): string[] {
    const now = this.clock.now();
    const today = utcDay(now);
    const days = [today];
    if (this.isHonoured(dayBefore(now))) {
      days.push(dayBefore(now));
    }
    if (endOfDay(today) - now <= AHEAD_MS) {
      days.push(dayAfter(now));
    }
    return days;
  }

  private useKnownSalts(): void {
    for (const day of this.salts.keys()) {
      if (!this.isHonoured(day)) {
        this.salts.delete(day);
      }
    }
    const now = this.clock.now();
    const today = this.salts.get(utcDay(now));
    const yesterday = this.salts.get(dayBefore(now));
    const current = today ?? yesterday ?? this.ownSalt;
    const previous = today === undefined ? undefined : yesterday;
    if (current !== this.inUse.current || previous !== this.inUse.previous) {
      this.inUse = { current, previous };
      this.addresses.useSalts({
        current: decode(current),
        ...(previous !== undefined && { previous: decode(previous) }),
      });
    }
  }

  private isHonoured(day: string): boolean {
    return saltExpiry(day, this.maxSessionSeconds) * 1000 > this.clock.now();
  }

  /** Milliseconds until it must look again: when salts change, or earlier to ask the store. */
  private untilNext(): number {
    const now = this.clock.now();
    const yesterdayGoes =
      saltExpiry(dayBefore(now), this.maxSessionSeconds) * 1000;
    const saltsChange =
      yesterdayGoes > now ? yesterdayGoes : endOfDay(utcDay(now));
    const ask =
      this.failures === 0
        ? REFRESH_MS
        : Math.min(
            SHORTEST_RETRY_MS * 2 ** (this.failures - 1),
            LONGEST_RETRY_MS,
          );
    return Math.min(ask, saltsChange - now);
  }

  private reportFailure(error: unknown): void {
    if (this.failures === 1 && !this.salts.has(utcDay(this.clock.now()))) {
      this.log.warn(
        `${error instanceof Error ? error.message : 'The store failed.'} Until the salt of the day is known, addresses are hashed under another: sessions of anonymous clients may split.`,
      );
    }
  }
}

function decode(salt: string): Uint8Array {
  return Buffer.from(salt, 'base64url');
}
