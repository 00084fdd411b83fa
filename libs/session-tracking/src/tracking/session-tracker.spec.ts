import { finalize, map, mergeMap, Subject, take, tap } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControllableStore } from '../../testing/controllable-store.js';
import { FakeClock, settle } from '../../testing/fake-clock.js';
import {
  at,
  DEFAULT_REDACTION,
  exchangeOf,
  type ExchangeSketch,
  START,
  user,
  visitor,
} from '../../testing/record-builders.js';
import { RecordingLog } from '../../testing/recording-log.js';
import { InvalidRecordError } from '../errors/invalid-record.error.js';
import { RecordDroppedError } from '../errors/record-dropped.error.js';
import {
  type AddressAnonymizer,
  truncatedAddresses,
  wholeAddresses,
} from '../model/address-anonymizer.js';
import type { Client } from '../model/client-identity.js';
import type { TrackedRecord } from '../model/records.js';
import type { RedactionRules } from '../model/redaction-rules.js';
import type { SamplingPolicy } from '../model/sampling.js';
import { slotAt } from '../model/time-slot.js';
import { AuditLog } from './audit-log.js';
import type { FlushPolicy } from './flusher.js';
import { SessionTracker } from './session-tracker.js';

const POLICY: FlushPolicy = { intervalMs: 50, maxBatch: 500, maxQueue: 100 };

let clock: FakeClock;
let store: ControllableStore;
let log: RecordingLog;
let tracker: SessionTracker;

const SAMPLE_ALL: SamplingPolicy = {
  rate: 1,
  keepErrors: true,
  keepSlowMs: 1000,
};

function start({
  flush = {},
  sampling = {},
  redaction = DEFAULT_REDACTION,
  addresses = wholeAddresses,
}: {
  flush?: Partial<FlushPolicy>;
  sampling?: Partial<SamplingPolicy>;
  redaction?: RedactionRules;
  addresses?: AddressAnonymizer;
} = {}): void {
  clock = new FakeClock();
  store = new ControllableStore(() => clock.now());
  log = new RecordingLog();
  tracker = new SessionTracker(
    store,
    {
      flush: { ...POLICY, ...flush },
      sampling: { ...SAMPLE_ALL, ...sampling },
      ...redaction,
    },
    addresses,
    clock,
    log,
    new AuditLog(log),
  );
}

function record(client: Client, sketch: ExchangeSketch = {}): void {
  const { request, response } = exchangeOf(client, sketch);
  if (request !== undefined && response !== undefined) {
    tracker.recordExchange(client, request, response);
  }
}

function fail(): never {
  throw new Error('redactor');
}

/** What an async subscriber amounts to. */
function rejecting(): unknown {
  return Promise.reject(new Error('subscriber'));
}

function collect(): TrackedRecord[] {
  const seen: TrackedRecord[] = [];
  tracker.records$.subscribe((each) => seen.push(each));
  return seen;
}

beforeEach(() => start());

describe('recording', () => {
  it('fills in the time and the id of a request and answers its session', async () => {
    const recorded = tracker.recordRequest(
      { userId: '42', ip: '::ffff:192.0.2.1' },
      { path: '/items', method: 'GET' },
    );
    await clock.advance(50);
    const id = await recorded;
    expect(await tracker.getSessionHistory(id)).toEqual({
      session_id: id,
      info: {
        client_ip: '192.0.2.1',
        user_id: '42',
        created_at: START,
        last_seen_at: START,
        request_count: 1,
        response_count: 0,
        error_count: 0,
        duration_us_total: 0,
      },
      requests: [
        {
          path: '/items',
          method: 'GET',
          timestamp: START,
          request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        },
      ],
      responses: [],
    });
  });

  it('keeps the time and id that the caller gives', async () => {
    const client = { ip: '192.0.2.1' };
    const recorded = Promise.all([
      tracker.recordRequest(client, {
        path: '/',
        method: 'PUT',
        request_id: 'mine',
        timestamp: at(-3),
      }),
      tracker.recordResponse(client, {
        request_id: 'mine',
        status_code: 204,
        duration_ms: 7.5,
        timestamp: at(-2),
      }),
    ]);
    await clock.advance(50);
    const [id, same] = await recorded;
    expect(same).toBe(id);
    const history = await tracker.getSessionHistory(id);
    expect(history?.requests[0]).toMatchObject({
      request_id: 'mine',
      timestamp: at(-3),
    });
    expect(history?.responses).toEqual([
      {
        request_id: 'mine',
        status_code: 204,
        duration_ms: 7.5,
        timestamp: at(-2),
      },
    ]);
  });

  it('finds the session of a client by what the caller knows of it', async () => {
    record(user('42', '192.0.2.1'));
    record(visitor('192.0.2.1'));
    await clock.advance(50);
    const ofUser = await tracker.getSessionId({ userId: '42' });
    expect(ofUser).not.toBeNull();
    expect(
      await tracker.getSessionId({ userId: '42', ip: '203.0.113.1' }),
    ).toBe(ofUser);
    const ofVisitor = await tracker.getSessionId({ ip: '::ffff:192.0.2.1' });
    expect(ofVisitor).not.toBeNull();
    expect(ofVisitor).not.toBe(ofUser);
    expect(await tracker.getSessionId({ userId: 'nobody' })).toBeNull();
    expect(await tracker.getSessionHistory('nothing')).toBeNull();
  });

  it('stores, emits and looks up truncated addresses where that is wanted', async () => {
    start({ addresses: truncatedAddresses });
    const seen = collect();
    const client = { ip: '203.0.113.7' };
    const request = { path: '/', method: 'GET', request_id: 'a' };
    const recorded = Promise.all([
      tracker.recordRequest(client, request),
      tracker.recordRequest({ ip: '203.0.113.99' }, request),
      tracker.recordResponse(client, {
        request_id: 'a',
        status_code: 200,
        duration_ms: 1,
      }),
    ]);
    await clock.advance(50);
    const [id] = await recorded;
    expect(new Set(await recorded).size).toBe(1);
    expect(new Set(seen.map(({ client_ip }) => client_ip))).toEqual(
      new Set(['203.0.113.0']),
    );
    for (const ip of ['203.0.113.7', '203.0.113.0', '::ffff:203.0.113.250']) {
      expect(await tracker.getSessionId({ ip })).toBe(id);
    }
    expect(await tracker.getSessionId({ ip: '203.0.114.7' })).toBeNull();
  });

  it('redacts what a caller gives before it is queued', async () => {
    start({
      redaction: {
        redactPaths: {
          paths: ['/files/*'],
          redact: (path) => path.replace('/users', '/u'),
          defaults: true,
        },
        redactQuery: { allow: ['page'] },
      },
    });
    store.mode = 'hang';
    for (const path of ['/files/x?page=2', '/users/bob@example.com?q=s3cret']) {
      void tracker.recordRequest({ ip: '::1' }, { path, method: 'GET' });
    }
    await clock.advance(50);
    expect(
      store.sent
        .flatMap(({ exchanges }) => exchanges)
        .map(({ request }) => [request?.path, request?.query]),
    ).toEqual([
      ['/files/[redacted]', 'page=2'],
      ['/u/[redacted]', 'q=[redacted]'],
    ]);
  });

  it('counts a redactor that throws, and hides what it was given', async () => {
    start({
      redaction: {
        redactPaths: { paths: [], redact: fail, defaults: true },
        redactQuery: fail,
      },
    });
    const recorded = tracker.recordRequest(
      { ip: '::1' },
      { path: '/items?page=2', method: 'GET' },
    );
    await clock.advance(50);
    const history = await tracker.getSessionHistory(await recorded);
    expect(history?.requests).toMatchObject([
      { path: '[redacted]', query: 'page=[redacted]' },
    ]);
    expect(tracker.stats().callbackErrors).toBe(2);
  });

  it('takes an empty user id for none when it looks up as when it records', async () => {
    const client = { userId: '', ip: '192.0.2.1' };
    const recorded = tracker.recordRequest(client, {
      path: '/',
      method: 'GET',
    });
    await clock.advance(50);
    expect(await tracker.getSessionId(client)).toBe(await recorded);
  });

  it('finds the session of a user whose id had to be hashed', async () => {
    const client = { userId: 'x\n'.repeat(500), ip: '192.0.2.1' };
    const recorded = tracker.recordRequest(client, {
      path: '/',
      method: 'GET',
    });
    await clock.advance(50);
    expect(await tracker.getSessionId(client)).toBe(await recorded);
  });

  it('answers a history in the order of arrival', async () => {
    const client = user('42');
    for (const [id, second] of [
      ['slow', 1],
      ['quick', 0],
    ] as const) {
      const { request, response } = exchangeOf(client, {
        id,
        timestamp: at(second),
      });
      if (request !== undefined && response !== undefined) {
        tracker.recordExchange(client, request, response);
      }
    }
    await clock.advance(50);
    const id = await tracker.getSessionId({ userId: '42' });
    const history = await tracker.getSessionHistory(id ?? '');
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      'quick',
      'slow',
    ]);
  });

  it('rejects with the reason when the record is dropped', async () => {
    start({ flush: { maxQueue: 1 } });
    store.mode = 'fail';
    const pushedOut = tracker.recordRequest(user('1'), {
      path: '/',
      method: 'GET',
    });
    const left = tracker.recordRequest(user('2'), { path: '/', method: 'GET' });
    await expect(pushedOut).rejects.toMatchObject({
      name: 'RecordDroppedError',
      reason: 'queue_full',
    });
    await tracker.close(0);
    await expect(left).rejects.toMatchObject({ reason: 'shutdown' });
    await expect(
      tracker.recordRequest(user('3'), { path: '/', method: 'GET' }),
    ).rejects.toMatchObject({ reason: 'shutdown' });
    expect(tracker.stats()).toMatchObject({
      accepted: 3,
      dropped: 3,
      droppedQueueFull: 1,
      droppedShutdown: 2,
      queued: 0,
    });
  });

  it('rejects the records of a poisoned session alone', async () => {
    store.poisoned.add('user:poisoned');
    const client = { ip: '192.0.2.1' };
    const request = { path: '/', method: 'GET' };
    const poisoned = tracker.recordRequest(
      { ...client, userId: 'poisoned' },
      request,
    );
    const well = tracker.recordRequest({ ...client, userId: 'well' }, request);
    await clock.advance(50);
    await expect(poisoned).rejects.toBeInstanceOf(RecordDroppedError);
    await expect(poisoned).rejects.toMatchObject({ reason: 'rejected' });
    expect(await well).not.toBe('');
    expect(tracker.stats()).toMatchObject({
      accepted: 2,
      stored: 1,
      droppedRejected: 1,
      queued: 0,
    });
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatch(/^error: .*foreign type; 1 so far/);
  });

  it('tells of rejected records at most once a minute', async () => {
    store.poisoned.add('user:poisoned');
    for (let second = 0; second < 119; second += 1) {
      record(user('poisoned'));
      await clock.advance(1000);
    }
    expect(log.with('foreign type')).toHaveLength(2);
  });

  it.each([
    { timestamp: Number.NaN },
    { timestamp: -1 },
    { method: 'GET /x' },
    { method: '' },
    { request_id: '' },
    { request_id: 'line\nbreak' },
  ])('refuses a request that cannot be stored: %j', async (wrong) => {
    await expect(
      tracker.recordRequest(
        { ip: '192.0.2.1' },
        { path: '/', method: 'GET', ...wrong },
      ),
    ).rejects.toBeInstanceOf(InvalidRecordError);
    expect(tracker.stats().accepted).toBe(0);
  });

  it.each([
    { duration_ms: -1 },
    { duration_ms: Number.NaN },
    { duration_ms: Number.POSITIVE_INFINITY },
    { handler_ms: -1 },
    { status_code: 0 },
    { status_code: 200.5 },
    { status_code: Number.NaN },
    { timestamp: Number.POSITIVE_INFINITY },
    { request_id: 'x'.repeat(129) },
  ])('refuses a response that cannot be stored: %j', async (wrong) => {
    await expect(
      tracker.recordResponse(
        { ip: '192.0.2.1' },
        { request_id: 'a', status_code: 200, duration_ms: 1, ...wrong },
      ),
    ).rejects.toBeInstanceOf(InvalidRecordError);
    expect(tracker.stats().accepted).toBe(0);
  });

  it('lets a caller go who does not wait for the outcome', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    try {
      void tracker.recordRequest(user('1'), { path: '/', method: 'GET' });
      store.mode = 'fail';
      await clock.advance(50);
      await tracker.close(0);
      await settle();
      await settle();
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });
});

function routesAtStart(): ReturnType<ControllableStore['readRoutes']> {
  return store.readRoutes(slotAt(START, 300));
}

describe('a response that is recorded apart from its request', () => {
  const client = { userId: '42', ip: '192.0.2.1' };
  const respond = (over: { request_id: string }, to = client) =>
    tracker.recordResponse(to, { status_code: 500, duration_ms: 7, ...over });

  it('is counted for the route of that request', async () => {
    start();
    const request = { method: 'GET', path: '/a', route: '/:id' };
    await Promise.all([
      tracker.recordRequest(client, { ...request, request_id: 'one' }),
      clock.advance(50),
    ]);
    await Promise.all([respond({ request_id: 'one' }), clock.advance(50)]);
    expect((await routesAtStart()).get('GET /:id')).toMatchObject({
      requests: 1,
      responses: 1,
      serverErrors: 1,
      durationMicroseconds: 7000,
    });
  });

  it('is not taken for the answer to another client, nor for a second one', async () => {
    start();
    const request = { method: 'GET', path: '/a', request_id: 'one' };
    void tracker.recordRequest(client, request);
    void respond({ request_id: 'one' }, { ...client, userId: '43' });
    void respond({ request_id: 'one' });
    void respond({ request_id: 'one' });
    await clock.advance(50);
    expect((await routesAtStart()).get('GET unmatched')).toMatchObject({
      requests: 1,
      responses: 1,
    });
    expect(await store.readUsage(slotAt(START, 60))).toMatchObject({
      responses: 3,
    });
  });

  it('is known for the latest 10,000 requests', async () => {
    start({ flush: { maxQueue: 100_000 } });
    for (let index = 0; index <= 10_000; index += 1) {
      void tracker.recordRequest(client, {
        method: 'GET',
        path: '/a',
        request_id: String(index),
      });
    }
    void respond({ request_id: '0' });
    void respond({ request_id: '1' });
    void respond({ request_id: '10000' });
    await tracker.flush();
    expect((await routesAtStart()).get('GET unmatched')).toMatchObject({
      requests: 10_001,
      responses: 2,
    });
  });
});

describe('a client that is erased', () => {
  it('loses what was on its way, which is counted', async () => {
    store.mode = 'hang';
    const seen = collect();
    record(user('42'));
    record(user('43'), { id: 'stays' });
    const awaited = tracker.recordRequest(user('42'), {
      path: '/',
      method: 'GET',
    });
    await clock.advance(50);
    await store.eraseClient({ userId: '42' });
    store.mode = 'work';
    store.release();
    await expect(awaited).rejects.toBeInstanceOf(RecordDroppedError);
    await expect(awaited).rejects.toMatchObject({ reason: 'erased' });
    expect(tracker.stats()).toMatchObject({
      accepted: 5,
      stored: 2,
      dropped: 3,
      droppedErased: 3,
      droppedRejected: 0,
      queued: 0,
    });
    expect(seen.map(({ record: { request_id } }) => request_id)).toEqual([
      'stays',
      'stays',
    ]);
    expect(await store.findSessionId({ userId: '42' })).toBeNull();
  });
});

describe('sampling', () => {
  it('leaves nothing out unless it is asked to', async () => {
    const seen = collect();
    record(user('42'));
    await clock.advance(50);
    expect(store.sent[0]?.exchanges[0]).not.toHaveProperty('sampling');
    expect(seen).toHaveLength(2);
  });

  it('counts what it leaves out as stored, and publishes it nowhere', async () => {
    start({ sampling: { rate: 0 } });
    const seen = collect();
    record(user('42'));
    await clock.advance(50);
    expect(store.sent[0]?.exchanges[0]?.sampling).toBe('left_out');
    expect(tracker.stats()).toMatchObject({ stored: 2, dropped: 0, queued: 0 });
    expect(seen).toEqual([]);
    expect(await tracker.getSessionId({ userId: '42' })).toBeNull();
    expect(await store.readUsage(slotAt(START, 60))).toMatchObject({
      requests: 1,
      responses: 1,
    });
  });

  it('keeps errors and slow requests, and publishes them', async () => {
    start({ sampling: { rate: 0, keepSlowMs: 500 } });
    const seen = collect();
    record(user('42'), { id: 'fine', duration: 499 });
    record(user('42'), { id: 'slow', duration: 500 });
    record(user('42'), { id: 'failed', status: 404 });
    await clock.advance(50);
    const id = (await tracker.getSessionId({ userId: '42' })) ?? '';
    const history = await tracker.getSessionHistory(id);
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      'slow',
      'failed',
    ]);
    expect(history?.info).toMatchObject({ partial: true, request_count: 2 });
    expect(seen.map(({ record: { request_id } }) => request_id)).toEqual([
      'slow',
      'slow',
      'failed',
      'failed',
    ]);
  });

  it('follows the clients that it follows whole', async () => {
    start({ flush: { maxQueue: 1000 }, sampling: { rate: 0.5 } });
    const clients = Array.from({ length: 40 }, (_, index) => String(index));
    for (const client of [...clients, ...clients]) {
      record(user(client));
    }
    await clock.advance(50);
    const counts: number[] = [];
    for (const userId of clients) {
      const id = await tracker.getSessionId({ userId });
      const history = await tracker.getSessionHistory(id ?? '');
      counts.push(history?.info.request_count ?? 0);
    }
    expect(new Set(counts)).toEqual(new Set([0, 2]));
  });

  it('leaves alone what the host records itself', async () => {
    start({ sampling: { rate: 0 } });
    const client = { userId: '42', ip: '192.0.2.1' };
    const recorded = Promise.all([
      tracker.recordRequest(client, {
        path: '/',
        method: 'GET',
        request_id: 'a',
      }),
      tracker.recordResponse(client, {
        request_id: 'a',
        status_code: 200,
        duration_ms: 1,
      }),
    ]);
    await clock.advance(50);
    const [id] = await recorded;
    const history = await tracker.getSessionHistory(id);
    expect(history?.requests).toHaveLength(1);
    expect(history?.responses).toHaveLength(1);
    expect(history?.info).not.toHaveProperty('partial');
  });
});

describe('stats', () => {
  it('says what happened and what is waiting', async () => {
    record(user('42'));
    expect(tracker.stats()).toEqual({
      accepted: 2,
      stored: 0,
      dropped: 0,
      queued: 2,
      droppedQueueFull: 0,
      droppedRejected: 0,
      droppedErased: 0,
      droppedShutdown: 0,
      queuedBytes: expect.any(Number),
      batches: 0,
      failedAttempts: 0,
      callbackErrors: 0,
      cappedRoutes: 0,
      cappedClients: 0,
      cappedSessions: 0,
      storeAvailable: true,
      store: 'memory',
    });
    expect(tracker.stats().queuedBytes).toBeGreaterThan(100);
    await clock.advance(50);
    expect(tracker.stats()).toMatchObject({
      stored: 2,
      queued: 0,
      queuedBytes: 0,
      batches: 1,
    });
  });

  it('counts requests for which the totals had no place left', async () => {
    start({ flush: { maxQueue: 10_000 }, sampling: { rate: 0 } });
    for (let index = 0; index < 1003; index += 1) {
      record(user(String(index)), { route: `/${index % 501}` });
    }
    await tracker.flush();
    expect(tracker.stats()).toMatchObject({
      cappedRoutes: 2,
      cappedClients: 3,
    });
  });

  it('counts what the host’s own code threw', () => {
    tracker.countCallbackError();
    expect(tracker.stats().callbackErrors).toBe(1);
  });
});

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
    const seen = collect();
    store.mode = 'lose-reply';
    record(user('42', '192.0.2.1'), { id: 'a' });
    await clock.advance(50);
    expect(seen).toEqual([]);
    store.mode = 'work';
    await clock.advance(1000);
    const id = await tracker.getSessionId({ userId: '42' });
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
    const seen = collect();
    let completed = false;
    tracker.records$.subscribe({ complete: () => (completed = true) });
    store.poisoned.add('user:poisoned');
    record(user('poisoned'));
    await clock.advance(50);
    expect(seen).toEqual([]);
    await tracker.close(100);
    expect(completed).toBe(true);
  });

  it('costs the store the naming of sessions only while somebody listens', async () => {
    record(user('42'));
    await clock.advance(50);
    const subscription = tracker.records$.subscribe(() => undefined);
    record(user('42'));
    await clock.advance(50);
    subscription.unsubscribe();
    record(user('42'));
    await clock.advance(50);
    expect(store.sent.map(({ wantsSessionIds }) => wantsSessionIds)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each([
    {
      what: 'a function',
      subscribe: () =>
        tracker.records$.subscribe(() => {
          throw new Error('subscriber');
        }),
    },
    {
      what: 'an observer',
      subscribe: () =>
        tracker.records$.subscribe({
          next: () => {
            throw new Error('subscriber');
          },
        }),
    },
    {
      what: 'a function behind an operator',
      subscribe: () =>
        tracker.records$.pipe(map((each) => each)).subscribe(() => {
          throw new Error('subscriber');
        }),
    },
    {
      what: 'a function behind several operators',
      subscribe: () =>
        tracker.records$
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
    const seen = collect();
    record(user('42'));
    record(user('43'));
    await clock.advance(50);
    expect(seen).toHaveLength(4);
    expect(tracker.stats()).toMatchObject({
      stored: 4,
      queued: 0,
      callbackErrors: 4,
    });
  });

  it.each([
    {
      what: 'map',
      subscribe: () =>
        tracker.records$
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
        tracker.records$
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
        tracker.records$
          .pipe(mergeMap(() => Promise.reject(new Error('operator'))))
          .subscribe(),
    },
    {
      what: 'an error callback',
      subscribe: () =>
        tracker.records$
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
    const seen = collect();
    record(user('42'));
    record(user('43'));
    await clock.advance(50);
    await settle();
    expect(seen).toHaveLength(4);
    expect(tracker.stats()).toMatchObject({ stored: 4, queued: 0 });
    expect(tracker.stats().callbackErrors).toBeGreaterThan(0);
  });

  it('outlives a subscriber that rejects', async () => {
    const unhandled: unknown[] = [];
    const listenRejection = (reason: unknown): void =>
      void unhandled.push(reason);
    process.on('unhandledRejection', listenRejection);
    tracker.records$.subscribe(rejecting);
    record(user('42'));
    await clock.advance(50);
    await settle();
    process.off('unhandledRejection', listenRejection);
    expect(unhandled).toEqual([]);
    expect(tracker.stats()).toMatchObject({ stored: 2, callbackErrors: 2 });
  });

  it('leaves an error to the subscriber who takes it', async () => {
    const errors: unknown[] = [];
    tracker.records$
      .pipe(
        map(() => {
          throw new Error('operator');
        }),
      )
      .subscribe({ error: (error) => errors.push(error) });
    record(user('42'));
    await clock.advance(50);
    expect(errors).toEqual([new Error('operator')]);
    expect(tracker.stats().callbackErrors).toBe(0);
  });

  it('delivers to an observer that is an object of a class', async () => {
    const subject = new Subject<TrackedRecord>();
    const seen: TrackedRecord[] = [];
    subject.subscribe((each) => seen.push(each));
    tracker.records$.subscribe(subject);
    record(user('42'));
    await clock.advance(50);
    expect(seen).toHaveLength(2);
  });

  it('ends for all though a subscriber throws at the end', async () => {
    tracker.records$.subscribe({
      complete: () => {
        throw new Error('complete');
      },
    });
    let completed = false;
    tracker.records$.subscribe({ complete: () => (completed = true) });
    await tracker.close(0);
    expect(completed).toBe(true);
  });

  it.each([
    {
      what: 'finalize at the end',
      subscribe: () =>
        tracker.records$
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
        tracker.records$
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
        tracker.records$.subscribe().add(() => {
          throw new Error('teardown');
        }),
    },
  ])('outlives a teardown that throws: $what', async ({ subscribe }) => {
    subscribe();
    record(user('42'));
    record(user('43'));
    await clock.advance(50);
    expect(tracker.stats()).toMatchObject({ stored: 4, queued: 0 });
    await expect(tracker.close(100)).resolves.toBeUndefined();
  });

  it('takes what a subscriber records in its turn', async () => {
    let echoed = 0;
    tracker.records$.subscribe(({ type }) => {
      if (type === 'request' && echoed < 3) {
        echoed += 1;
        record(user('echo'));
      }
    });
    record(user('42'));
    await clock.advance(500);
    expect(tracker.stats()).toMatchObject({ accepted: 8, stored: 8 });
  });
});
