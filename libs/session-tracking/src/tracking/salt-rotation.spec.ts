import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { RecordingLog } from '../../testing/recording-log.js';
import { CONFORMANCE_POLICY } from '../../testing/session-store-conformance.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import { endOfDay, utcDay } from '../model/clients/salt-days.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import { SaltRotation } from './salt-rotation.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ADDRESS = '203.0.113.7';

/** A store of salts that can be away and can lose them. */
class SaltStore {
  isAway = false;
  /** How often a salt was asked for. */
  asked = 0;
  private kept: MemorySessionStore;

  constructor(
    private readonly clock: FakeClock,
    private readonly maxSessionSeconds: number,
  ) {
    this.kept = this.empty();
  }

  loseEverything(): void {
    this.kept = this.empty();
  }

  addressSalt(day: string): Promise<string | null> {
    this.asked += 1;
    return this.isAway
      ? Promise.reject(
          new StoreUnavailableError('keep a salt', new Error('it is away')),
        )
      : this.kept.addressSalt(day);
  }

  private empty(): MemorySessionStore {
    return new MemorySessionStore(
      { ...CONFORMANCE_POLICY, maxSessionSeconds: this.maxSessionSeconds },
      () => this.clock.now(),
    );
  }
}

let clock: FakeClock;
let store: SaltStore;
let log: RecordingLog;
let maxSessionSeconds: number;
let rotation: SaltRotation;

function use(seconds: number): void {
  maxSessionSeconds = seconds;
  store = new SaltStore(clock, seconds);
  rotation = instance();
}

function instance(): SaltRotation {
  return new SaltRotation(store, maxSessionSeconds, clock, log);
}

/** What another instance makes of the address that starts now. */
async function elsewhere(): Promise<string> {
  const other = instance();
  await other.start();
  other.stop();
  return other.addresses.anonymize(ADDRESS);
}

function here(): string {
  return rotation.addresses.anonymize(ADDRESS);
}

function formerHere(): string | undefined {
  return rotation.addresses.former(ADDRESS);
}

function untilMidnight(): number {
  return endOfDay(utcDay(clock.now())) - clock.now();
}

beforeEach(() => {
  clock = new FakeClock();
  log = new RecordingLog();
  use(DAY_MS / 1000);
});

describe('the salts of addresses', () => {
  it('are random for each process until the store has given one', async () => {
    const before = here();
    expect(before).toMatch(/^hash:/);
    expect(instance().addresses.anonymize(ADDRESS)).not.toBe(before);
    await rotation.start();
    expect(here()).not.toBe(before);
    expect(await elsewhere()).toBe(here());
  });

  it('change at midnight, on time although the store is away', async () => {
    await rotation.start();
    await clock.advance(untilMidnight() - 1);
    const monday = here();
    store.isAway = true;
    await clock.advance(1);
    expect(here()).not.toBe(monday);
    expect(formerHere()).toBe(monday);
    store.isAway = false;
    expect(await elsewhere()).toBe(here());
    expect(log.lines).toEqual([]);
  });

  it('are honoured for a day more where sessions may last so long', async () => {
    await rotation.start();
    await clock.advance(untilMidnight());
    const tuesday = here();
    await clock.advance(DAY_MS - 1);
    expect(formerHere()).toBeDefined();
    expect(here()).toBe(tuesday);
    await clock.advance(1);
    expect(formerHere()).toBe(tuesday);
  });

  it('are forgotten as soon as no session can go on under them', async () => {
    use(3600);
    await rotation.start();
    await clock.advance(untilMidnight() + HOUR_MS - 1);
    const tuesday = here();
    expect(formerHere()).toBeDefined();
    await clock.advance(1);
    expect(formerHere()).toBeUndefined();
    expect(here()).toBe(tuesday);
    expect(await elsewhere()).toBe(tuesday);
  });

  it('are asked for again, less and less often, while the store is away', async () => {
    store.isAway = true;
    await rotation.start();
    const own = here();
    await clock.advance(59_000);
    expect(store.asked).toBe(6);
    await clock.advance(600_000);
    expect(store.asked).toBe(16);
    expect(here()).toBe(own);
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn: .*it is away.* may split\.$/),
    ]);
    store.isAway = false;
    await clock.advance(60_000);
    expect(here()).not.toBe(own);
    expect(await elsewhere()).toBe(here());
  });

  it('outlast midnight where the next is not known, but not their own time', async () => {
    use(3600);
    await rotation.start();
    const monday = here();
    store.isAway = true;
    await clock.advance(untilMidnight() + HOUR_MS - 1);
    expect(here()).toBe(monday);
    expect(formerHere()).toBeUndefined();
    await clock.advance(1);
    expect(here()).not.toBe(monday);
  });

  it('are those of a store that has lost the ones before', async () => {
    await rotation.start();
    const before = here();
    store.loseEverything();
    await clock.advance(600_000);
    expect(here()).not.toBe(before);
    expect(await elsewhere()).toBe(here());
  });

  it('are fetched no more after the end', async () => {
    const started = rotation.start();
    rotation.stop();
    await started;
    expect(clock.pendingTimers).toBe(0);
    const other = instance();
    await other.start();
    expect(clock.pendingTimers).toBe(1);
    other.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
