import { AsyncLocalStorage } from 'node:async_hooks';
import { finalize, map, mergeMap, Subject, take, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../testing/fake-clock.js';
import { user } from '../../testing/record-builders.js';
import { TrackerSetting } from '../../testing/tracker-setting.js';
import type { TrackedRecord } from '../model/records/records.js';

let setting: TrackerSetting;

beforeEach(() => {
  setting = new TrackerSetting();
});

/** What an async subscriber amounts to. */
function rejecting(): unknown {
  return Promise.reject(new Error('subscriber'));
}

describe('records$', () => {
  let uncaught: unknown[];
  const listen = (error: unknown): void => void uncaught.push(error);

  beforeEach(() => {
    uncaught = [];
    process.on('uncaughtException', listen);
  });

  afterEach(async () => {
    // RxJS reports on a timer of no delay; one that is set later fires later.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await new Promise((resolve) => setTimeout(resolve, 0));
    process.off('uncaughtException', listen);
    if (uncaught.length > 0) {
      throw new Error(`The process would have ended: ${String(uncaught)}`);
    }
  });

  it('carries every record once, when it is stored, with its session', async () => {
    const seen = setting.collect();
    setting.store.mode = 'lose-reply';
    setting.record(user('42', '192.0.2.1'), { id: 'a' });
    await setting.clock.advance(50);
    expect(seen).toEqual([]);
    setting.store.mode = 'work';
    await setting.clock.advance(1000);
    const id = await setting.tracker.getSessionId({ userId: '42' });
    expect(seen).toEqual([
      {
        type: 'request',
        session_id: id,
        user_id: '42',
        client_ip: '192.0.2.1',
        record: expect.objectContaining({ request_id: 'a', path: '/items' }),
      },
      {
        type: 'response',
        session_id: id,
        user_id: '42',
        client_ip: '192.0.2.1',
        record: expect.objectContaining({ request_id: 'a', status_code: 200 }),
      },
    ]);
  });

  it('says nothing of dropped records, and completes when the tracker closes', async () => {
    const seen = setting.collect();
    let completed = false;
    setting.tracker.records$.subscribe({ complete: () => (completed = true) });
    setting.store.poisoned.add('user:poisoned');
    setting.record(user('poisoned'));
    await setting.clock.advance(50);
    expect(seen).toEqual([]);
    await setting.tracker.close(100);
    expect(completed).toBe(true);
  });

  it('lets a subscriber record something itself, in the room that its batch leaves', async () => {
    setting = new TrackerSetting({ flush: { maxQueue: 4 } });
    setting.tracker.records$.subscribe(({ record }) => {
      if (record.request_id === 'first') {
        setting.record(user('43'));
      }
    });
    setting.record(user('42'), { id: 'first' });
    setting.record(user('42'));
    await setting.clock.advance(100);
    expect(setting.tracker.stats()).toMatchObject({ stored: 8, dropped: 0 });
  });

  it('is told outside the context of any request', async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    setting.tracker.records$.subscribe(() => seen.push(context.getStore()));
    context.run('a request', () => setting.record(user('42')));
    await setting.clock.advance(50);
    setting.record(user('42'));
    const flushed = context.run('a request', () => setting.tracker.flush());
    // Waits until the flush is over.
    context.run('a request', () => setting.record(user('42')));
    await flushed;
    await setting.clock.advance(50);
    expect(seen).toEqual(Array.from({ length: 6 }, () => undefined));
  });

  it('costs the store the naming of sessions only while somebody listens', async () => {
    setting.record(user('42'));
    await setting.clock.advance(50);
    const subscription = setting.tracker.records$.subscribe(() => undefined);
    setting.record(user('42'));
    await setting.clock.advance(50);
    subscription.unsubscribe();
    setting.record(user('42'));
    await setting.clock.advance(50);
    expect(
      setting.store.sent.map(({ wantsSessionIds }) => wantsSessionIds),
    ).toEqual([false, true, false]);
  });

  it.each([
    {
      what: 'a function',
      subscribe: () =>
        setting.tracker.records$.subscribe(() => {
          throw new Error('subscriber');
        }),
    },
    {
      what: 'an observer',
      subscribe: () =>
        setting.tracker.records$.subscribe({
          next: () => {
            throw new Error('subscriber');
          },
        }),
    },
    {
      what: 'a function behind an operator',
      subscribe: () =>
        setting.tracker.records$.pipe(map((each) => each)).subscribe(() => {
          throw new Error('subscriber');
        }),
    },
    {
      what: 'a function behind several operators',
      subscribe: () =>
        setting.tracker.records$
          .pipe(
            map((each) => each),
            mergeMap((each) => [each]),
            map((each) => each),
          )
          .subscribe(() => {
            throw new Error('subscriber');
          }),
    },
  ])('outlives a subscriber that throws: $what', async ({ subscribe }) => {
    subscribe();
    const seen = setting.collect();
    setting.record(user('42'));
    setting.record(user('43'));
    await setting.clock.advance(50);
    expect(seen).toHaveLength(4);
    expect(setting.tracker.stats()).toMatchObject({
      stored: 4,
      queued: 0,
      callbackErrors: 4,
    });
  });

  it.each([
    {
      what: 'map',
      subscribe: () =>
        setting.tracker.records$
          .pipe(
            map(() => {
              throw new Error('operator');
            }),
          )
          .subscribe(),
    },
    {
      what: 'tap, with a subscriber',
      subscribe: () =>
        setting.tracker.records$
          .pipe(
            tap(() => {
              throw new Error('operator');
            }),
            map((each) => each),
          )
          .subscribe(() => undefined),
    },
    {
      what: 'a promise in mergeMap',
      subscribe: () =>
        setting.tracker.records$
          .pipe(mergeMap(() => Promise.reject(new Error('operator'))))
          .subscribe(),
    },
    {
      what: 'an error callback',
      subscribe: () =>
        setting.tracker.records$
          .pipe(
            map(() => {
              throw new Error('operator');
            }),
          )
          .subscribe({
            error: () => {
              throw new Error('error callback');
            },
          }),
    },
  ])('outlives an operator that throws: $what', async ({ subscribe }) => {
    subscribe();
    const seen = setting.collect();
    setting.record(user('42'));
    setting.record(user('43'));
    await setting.clock.advance(50);
    await settle();
    expect(seen).toHaveLength(4);
    expect(setting.tracker.stats()).toMatchObject({ stored: 4, queued: 0 });
    expect(setting.tracker.stats().callbackErrors).toBeGreaterThan(0);
  });

  it('outlives a subscriber that rejects', async () => {
    const unhandled: unknown[] = [];
    const listenRejection = (reason: unknown): void =>
      void unhandled.push(reason);
    process.on('unhandledRejection', listenRejection);
    setting.tracker.records$.subscribe(rejecting);
    setting.record(user('42'));
    await setting.clock.advance(50);
    await settle();
    process.off('unhandledRejection', listenRejection);
    expect(unhandled).toEqual([]);
    expect(setting.tracker.stats()).toMatchObject({
      stored: 2,
      callbackErrors: 2,
    });
  });

  it('leaves an error to the subscriber who takes it', async () => {
    const errors: unknown[] = [];
    setting.tracker.records$
      .pipe(
        map(() => {
          throw new Error('operator');
        }),
      )
      .subscribe({ error: (error) => errors.push(error) });
    setting.record(user('42'));
    await setting.clock.advance(50);
    expect(errors).toEqual([new Error('operator')]);
    expect(setting.tracker.stats().callbackErrors).toBe(0);
  });

  it('delivers to an observer that is an object of a class', async () => {
    const subject = new Subject<TrackedRecord>();
    const seen: TrackedRecord[] = [];
    subject.subscribe((each) => seen.push(each));
    setting.tracker.records$.subscribe(subject);
    setting.record(user('42'));
    await setting.clock.advance(50);
    expect(seen).toHaveLength(2);
  });

  it('ends for all though a subscriber throws at the end', async () => {
    setting.tracker.records$.subscribe({
      complete: () => {
        throw new Error('complete');
      },
    });
    let completed = false;
    setting.tracker.records$.subscribe({ complete: () => (completed = true) });
    await setting.tracker.close(0);
    expect(completed).toBe(true);
  });

  it.each([
    {
      what: 'finalize at the end',
      subscribe: () =>
        setting.tracker.records$
          .pipe(
            finalize(() => {
              throw new Error('teardown');
            }),
          )
          .subscribe(),
    },
    {
      what: 'finalize after the first',
      subscribe: () =>
        setting.tracker.records$
          .pipe(
            take(1),
            finalize(() => {
              throw new Error('teardown');
            }),
          )
          .subscribe(),
    },
    {
      what: 'a teardown of the subscription',
      subscribe: () =>
        setting.tracker.records$.subscribe().add(() => {
          throw new Error('teardown');
        }),
    },
  ])('outlives a teardown that throws: $what', async ({ subscribe }) => {
    subscribe();
    setting.record(user('42'));
    setting.record(user('43'));
    await setting.clock.advance(50);
    expect(setting.tracker.stats()).toMatchObject({ stored: 4, queued: 0 });
    await expect(setting.tracker.close(100)).resolves.toBeUndefined();
  });

  it('takes what a subscriber records in its turn', async () => {
    let echoed = 0;
    setting.tracker.records$.subscribe(({ type }) => {
      if (type === 'request' && echoed < 3) {
        echoed += 1;
        setting.record(user('echo'));
      }
    });
    setting.record(user('42'));
    await setting.clock.advance(500);
    expect(setting.tracker.stats()).toMatchObject({ accepted: 8, stored: 8 });
  });
});
