import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ServiceUnavailableException } from '@nestjs/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock, settle } from '../../testing/fake-clock.js';
import { requestRecord } from '../../testing/record-builders.js';
import { StoreUnavailableError } from '../errors/store-unavailable.error.js';
import type { TrackedRecord } from '../model/records/records.js';
import type { RecordListener, Unsubscribe } from '../store/session-store.js';
import type { LiveSelection } from './live-filter.js';
import {
  LiveRecords,
  MAX_LISTENERS,
  MAX_WAITING_BYTES,
} from './live-records.js';

/** A store whose subscriptions a test can count. */
class SubscribableStore {
  readonly listeners = new Set<RecordListener>();
  subscriptions = 0;
  away = false;

  async subscribe(listener: RecordListener): Promise<Unsubscribe> {
    this.subscriptions += 1;
    await Promise.resolve();
    if (this.away) {
      throw new StoreUnavailableError('listen', new Error('it is away'));
    }
    this.listeners.add(listener);
    return () => Promise.resolve(void this.listeners.delete(listener));
  }

  store(...records: TrackedRecord[]): void {
    for (const listener of this.listeners) {
      listener(records);
    }
  }
}

let store: SubscribableStore;
let clock: FakeClock;
let live: LiveRecords;

beforeEach(() => {
  store = new SubscribableStore();
  clock = new FakeClock();
  live = new LiveRecords(store, clock);
});

/** Opens a stream and writes it to a response, as the platforms do. */
async function listen(selection: LiveSelection = {}): Promise<PassThrough> {
  const response = new PassThrough();
  const events = await live.open(selection, response);
  events.pipe(response);
  return response;
}

function requestOf(userId: string, path = '/items'): TrackedRecord {
  return {
    session_id: 'session',
    user_id: userId,
    client_ip: '192.0.2.1',
    type: 'request',
    record: requestRecord({ path }),
  };
}

/** What has come so far. */
async function received(response: PassThrough): Promise<string> {
  await settle();
  return String(response.read() ?? '');
}

describe('live records', () => {
  it('are events with the record as JSON', async () => {
    const response = await listen();
    const record = requestOf('42', '/a\nb');
    store.store(record);
    expect(await received(response)).toBe(
      `retry: 3000\n\nevent: request\ndata: ${JSON.stringify(record)}\n\n`,
    );
  });

  it('go to each listener by its own filter, over one subscription', async () => {
    const [all, one] = await Promise.all([listen(), listen({ userId: '42' })]);
    store.store(requestOf('41'), requestOf('42'));
    store.store(requestOf('43'));
    expect((await received(all)).match(/event:/g)).toHaveLength(3);
    expect((await received(one)).match(/"user_id":"42"/g)).toHaveLength(1);
    expect(store.subscriptions).toBe(1);
  });

  it('cost nothing while nobody listens', async () => {
    expect(store.subscriptions).toBe(0);
    const [first, second] = await Promise.all([listen(), listen()]);
    first.destroy();
    await settle();
    expect(store.listeners.size).toBe(1);
    second.destroy();
    await settle();
    expect(store.listeners.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
    await listen();
    expect(store.listeners.size).toBe(1);
  });

  it('are not listened to for a client that left before', async () => {
    const response = new PassThrough();
    response.destroy();
    await once(response, 'close');
    const events = await live.open({}, response);
    await settle();
    expect(events.destroyed).toBe(true);
    expect(store.listeners.size).toBe(0);
  });

  it('send a sign of life every 15 seconds', async () => {
    const response = await listen();
    await received(response);
    await clock.advance(14_999);
    expect(await received(response)).toBe('');
    await clock.advance(1);
    expect(await received(response)).toBe(':\n\n');
    await clock.advance(15_000);
    expect(await received(response)).toBe(':\n\n');
  });

  it('cut off who does not read, and nobody else', async () => {
    const slow = await listen();
    const quick = await listen();
    quick.resume();
    const record = requestOf('42', `/${'x'.repeat(2000)}`);
    const bound = Math.ceil(MAX_WAITING_BYTES / 2000) + 100;
    let stored = 0;
    while (!slow.destroyed && stored < bound) {
      store.store(record);
      stored += 1;
      await settle();
    }
    expect(slow.destroyed).toBe(true);
    expect(stored).toBeGreaterThan(400);
    await settle();
    expect(quick.destroyed).toBe(false);
    store.store(record);
    expect(store.listeners.size).toBe(1);
  });

  it('refuse one listener too many, until another has left', async () => {
    const responses = await Promise.all(
      Array.from({ length: MAX_LISTENERS }, () => listen()),
    );
    await expect(listen()).rejects.toThrow(ServiceUnavailableException);
    responses[0]?.destroy();
    await settle();
    await expect(listen()).resolves.toBeDefined();
  });

  it('pass on that the store is away, and try again for the next', async () => {
    store.away = true;
    const attempts = await Promise.allSettled([listen(), listen()]);
    expect(attempts).toMatchObject([
      { reason: expect.any(StoreUnavailableError) },
      { reason: expect.any(StoreUnavailableError) },
    ]);
    expect(clock.pendingTimers).toBe(0);
    store.away = false;
    await expect(listen()).resolves.toBeDefined();
  });

  it('end at shutdown, with everything that came before', async () => {
    const response = await listen();
    const content = text(response);
    store.store(requestOf('42'));
    await live.beforeApplicationShutdown();
    expect(await content).toContain('event: request');
    expect(store.listeners.size).toBe(0);
    await expect(listen()).rejects.toThrow('shutting down');
  });

  it('do not wait at shutdown for who does not read', async () => {
    const response = await listen();
    const shutdown = live.beforeApplicationShutdown();
    const took = await clock.advanceUntilSettled(shutdown);
    expect(took).toBe(500);
    await vi.waitFor(() => expect(response.destroyed).toBe(true));
    expect(store.listeners.size).toBe(0);
  });
});
