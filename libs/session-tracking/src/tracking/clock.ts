// The global of that name is a getter, which would be asked twice for each request.
import { performance } from 'node:perf_hooks';

/** A timer that can be called off. */
export interface Timer {
  cancel(): void;
  /** Keeps the process from ending before the callback has run. */
  keepAlive(): void;
}

/** Time and waiting, so that a test can hold both in its hand. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Milliseconds since some fixed moment, with fraction; never runs backwards. */
  monotonic(): number;
  /** Calls back after a while; a pending timer does not keep the process alive. */
  schedule(callback: () => void, delayMs: number): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule(callback, delayMs) {
    const timeout = setTimeout(callback, delayMs);
    timeout.unref();
    return {
      cancel: () => clearTimeout(timeout),
      keepAlive: () => void timeout.ref(),
    };
  },
};
