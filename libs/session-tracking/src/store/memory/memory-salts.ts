import { randomBytes } from 'node:crypto';
import { saltExpiry } from '../../model/clients/salt-days.js';
import { ExpiringMap } from './expiring-map.js';

/** More days than are ever honoured at once. */
const MAX_DAYS = 10;

/** The salts under which addresses are hashed, by day. */
export class MemorySalts {
  private readonly salts: ExpiringMap<string>;

  constructor(
    private readonly maxSessionSeconds: number,
    /** Unix time in seconds. */
    private readonly now: () => number,
  ) {
    this.salts = new ExpiringMap(MAX_DAYS, now);
  }

  /** The salt of a day, made where there is none; null when the day is over for too long. */
  ofDay(day: string): string | null {
    const secondsLeft = saltExpiry(day, this.maxSessionSeconds) - this.now();
    if (secondsLeft <= 0) {
      return null;
    }
    const known = this.salts.get(day);
    if (known !== undefined) {
      return known;
    }
    const salt = randomBytes(32).toString('base64url');
    this.salts.set(day, salt, secondsLeft);
    return salt;
  }
}
