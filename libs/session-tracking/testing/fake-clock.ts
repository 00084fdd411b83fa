import type { Clock, Timer } from '../src/tracking/clock.js';

interface FakeTimer {
  readonly dueAt: number;
  readonly order: number;
  readonly callback: () => void;
  keepsAlive: boolean;
}

/** 2023-11-14T22:13:20Z, where a fake clock starts. */
export const FAKE_CLOCK_START_MS = 1_700_000_000_000;

/** Timers that one move of the clock may fire: those set again and again for no time would hold it for ever. */
const MOST_TIMERS = 10_000;

/** A clock that a test moves by hand. */
export class FakeClock implements Clock {
  private elapsedMs = 0;
  private scheduled = 0;
  private readonly timers = new Set<FakeTimer>();

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Whether a process would live until one of them fires. */
  get keepsProcessAlive(): boolean {
    return [...this.timers].some(({ keepsAlive }) => keepsAlive);
  }

  now(): number {
    return FAKE_CLOCK_START_MS + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  schedule(callback: () => void, delayMs: number): Timer {
    this.scheduled += 1;
    const timer: FakeTimer = {
      dueAt: this.elapsedMs + Math.max(0, delayMs),
      order: this.scheduled,
      callback,
      keepsAlive: false,
    };
    this.timers.add(timer);
    return {
      cancel: () => void this.timers.delete(timer),
      keepAlive: () => {
        timer.keepsAlive = true;
      },
    };
  }

  /** Moves time on and fires what falls due, in order; after each, what it set off runs first. */
  async advance(milliseconds: number): Promise<void> {
    const target = this.elapsedMs + milliseconds;
    let fired = 0;
    await settle();
    for (
      let next = this.nextDueBy(target);
      next !== undefined;
      next = this.nextDueBy(target)
    ) {
      fired += 1;
      if (fired > MOST_TIMERS) {
        throw new Error(
          `More than ${MOST_TIMERS} timers fell due within ${milliseconds} ms; is one set again for no time?`,
        );
      }
      this.timers.delete(next);
      this.elapsedMs = Math.max(this.elapsedMs, next.dueAt);
      next.callback();
      await settle();
    }
    this.elapsedMs = target;
  }

  /** Moves time on, timer by timer, until the promise is settled; answers how long it took. */
  async advanceUntilSettled(promise: Promise<unknown>): Promise<number> {
    const startedAt = this.elapsedMs;
    const state = { settled: false };
    const done = (): void => {
      state.settled = true;
    };
    promise.then(done, done);
    await settle();
    for (let moves = 0; !state.settled; moves += 1) {
      if (moves > MOST_TIMERS) {
        throw new Error(
          `The promise was not settled by the first ${MOST_TIMERS} timers; is one set again for ever?`,
        );
      }
      const next = this.nextDueBy(Number.POSITIVE_INFINITY);
      if (next === undefined) {
        throw new Error('The promise waits for something other than time.');
      }
      await this.advance(next.dueAt - this.elapsedMs);
    }
    return this.elapsedMs - startedAt;
  }

  private nextDueBy(target: number): FakeTimer | undefined {
    let next: FakeTimer | undefined;
    for (const timer of this.timers) {
      if (
        timer.dueAt <= target &&
        (next === undefined ||
          timer.dueAt < next.dueAt ||
          (timer.dueAt === next.dueAt && timer.order < next.order))
      ) {
        next = timer;
      }
    }
    return next;
  }
}

/** Lets every promise that can go on without time do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
