import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.js';
import {
  at,
  exchangeOf,
  TestWriter,
  user,
} from '../../../testing/record-builders.js';
import {
  CONFORMANCE_POLICY,
  describeSessionStore,
} from '../../../testing/session-store-conformance.js';
import { MemorySessionStore } from './memory-session-store.js';

describeSessionStore('memory', (policy) => {
  let passedMs = 0;
  const store = new MemorySessionStore(policy, () => Date.now() + passedMs);
  return Promise.resolve({
    store,
    // Two instances never share a memory; two writers of one may.
    otherStore: store,
    passTime: (seconds: number) => {
      passedMs += seconds * 1000;
      return Promise.resolve();
    },
    close: () => store.close(),
  });
});

describe('memory session store', () => {
  it('holds 10,000 sessions and lets the one unused for longest go', async () => {
    const clock = new FakeClock();
    const store = new MemorySessionStore(CONFORMANCE_POLICY, () => clock.now());
    const writer = new TestWriter(store);
    const first = await writer.sessionOf(exchangeOf(user('first')));
    const second = await writer.sessionOf(exchangeOf(user('second')));
    const others = Array.from({ length: 9998 }, (_, index) =>
      exchangeOf(user(`other-${index}`), { timestamp: at(1) }),
    );
    await writer.append(...others);
    expect(await store.readSession(first)).not.toBeNull();

    await writer.append(exchangeOf(user('first')));
    await writer.append(exchangeOf(user('one too many')));
    expect(await store.findSessionId({ userId: 'first' })).toBe(first);
    expect(await store.readSession(second)).toBeNull();
    expect(await store.findSessionId({ userId: 'second' })).toBeNull();
  });
});
