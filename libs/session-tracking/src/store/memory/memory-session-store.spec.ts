import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../testing/fake-clock.js';
import {
  at,
  exchangeOf,
  leftOut,
  START,
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

  it('lets others have their turn between batches', async () => {
    const store = new MemorySessionStore(
      CONFORMANCE_POLICY,
      () => START * 1000,
    );
    const writer = new TestWriter(store);
    const turn = { came: false };
    setImmediate(() => {
      turn.came = true;
    });
    const startedAt = performance.now();
    while (!turn.came && performance.now() - startedAt < 1000) {
      await writer.append(exchangeOf(user('42')));
    }
    expect(turn.came).toBe(true);
  });

  it('finds 100,000 requests by their ids and forgets the one stored first', async () => {
    const store = new MemorySessionStore(
      CONFORMANCE_POLICY,
      () => START * 1000,
    );
    const writer = new TestWriter(store);
    const client = user('42');
    await writer.append(exchangeOf(client, { id: 'first' }));
    await writer.append(exchangeOf(client, { id: 'second' }));
    await writer.append(
      ...Array.from({ length: 99_998 }, () => exchangeOf(client)),
    );
    expect(await store.findRequest('first')).not.toBeNull();
    await writer.append(exchangeOf(client));
    expect(await store.findRequest('first')).toBeNull();
    expect(await store.findRequest('second')).not.toBeNull();
  });

  it('takes what arrived at the very moment of an erasure for older', async () => {
    const clock = new FakeClock();
    const store = new MemorySessionStore(CONFORMANCE_POLICY, () => clock.now());
    await store.eraseClient({ userId: '42' });
    const { exchanges } = await new TestWriter(store).append(
      exchangeOf(user('42'), { timestamp: at(0) }),
      exchangeOf(user('42'), { timestamp: at(0.001) }),
    );
    expect(exchanges.map(({ outcome }) => outcome)).toEqual([
      'erased',
      'stored',
    ]);
  });

  it('remembers the latest 10,000 erasures', async () => {
    const clock = new FakeClock();
    const store = new MemorySessionStore(CONFORMANCE_POLICY, () => clock.now());
    await Promise.all(
      Array.from({ length: 10_001 }, (_, index) =>
        store.eraseClient({ userId: String(index) }),
      ),
    );
    const { exchanges } = await new TestWriter(store).append(
      exchangeOf(user('0')),
      exchangeOf(user('1')),
    );
    expect(exchanges.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'erased',
    ]);
  });

  it('keeps 10,000 slots and lets the one begun first go', async () => {
    const clock = new FakeClock();
    const store = new MemorySessionStore(CONFORMANCE_POLICY, () => clock.now());
    const writer = new TestWriter(store);
    // Each hour brings three slots: a minute, five minutes and itself.
    for (let hour = 0; hour <= 3400; hour += 100) {
      await writer.append(
        ...Array.from({ length: 100 }, (_, index) =>
          leftOut(user('42'), { timestamp: (hour + index) * 3600 }),
        ),
      );
    }
    expect(await store.readUsage({ start: 0, length: 3600 })).toBeNull();
    const last = { start: 3499 * 3600, length: 3600 } as const;
    expect(await store.readUsage(last)).not.toBeNull();
  });
});
