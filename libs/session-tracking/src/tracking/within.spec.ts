import { beforeEach, expect, it } from 'vitest';
import { FakeClock, settle } from '../../testing/fake-clock.js';
import { within } from './within.js';

let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock();
});

it('is what the promise says, and leaves no timer behind', async () => {
  expect(await within(clock, 100, Promise.resolve(true))).toBe(true);
  expect(clock.pendingTimers).toBe(0);
});

it.each([[new Promise<boolean>(() => undefined)], [undefined]])(
  'is false when the time is up, for which the process stays',
  async (promise) => {
    let answer: boolean | undefined;
    void within(clock, 100, promise).then((value) => {
      answer = value;
    });
    await clock.advance(99);
    expect(answer).toBeUndefined();
    expect(clock.keepsProcessAlive).toBe(true);
    await clock.advance(1);
    await settle();
    expect(answer).toBe(false);
    expect(clock.keepsProcessAlive).toBe(false);
  },
);
