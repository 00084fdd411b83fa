import { beforeEach, describe, expect, it } from 'vitest';
import { settle } from '../../testing/fake-clock.js';
import {
  at,
  exchangeOf,
  START,
  user,
  visitor,
} from '../../testing/record-builders.js';
import { TrackerSetting } from '../../testing/tracker-setting.js';
import { InvalidRecordError } from '../errors/invalid-record.error.js';
import { RecordDroppedError } from '../errors/record-dropped.error.js';
import { truncatedAddresses } from '../model/clients/address-anonymizer.js';

let setting: TrackerSetting;

beforeEach(() => {
  setting = new TrackerSetting();
});

function fail(): never {
  throw new Error('redactor');
}

describe('recording', () => {
  it('fills in the time and the id of a request and answers its session', async () => {
    const recorded = setting.tracker.recordRequest(
      { userId: '42', ip: '::ffff:192.0.2.1' },
      { path: '/items', method: 'GET' },
    );
    await setting.clock.advance(50);
    const id = await recorded;
    expect(await setting.tracker.getSessionHistory(id)).toEqual({
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
      setting.tracker.recordRequest(client, {
        path: '/',
        method: 'PUT',
        request_id: 'mine',
        timestamp: at(-3),
      }),
      setting.tracker.recordResponse(client, {
        request_id: 'mine',
        status_code: 204,
        duration_ms: 7.5,
        timestamp: at(-2),
      }),
    ]);
    await setting.clock.advance(50);
    const [id, same] = await recorded;
    expect(same).toBe(id);
    const history = await setting.tracker.getSessionHistory(id);
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
    setting.record(user('42', '192.0.2.1'));
    setting.record(visitor('192.0.2.1'));
    await setting.clock.advance(50);
    const ofUser = await setting.tracker.getSessionId({ userId: '42' });
    expect(ofUser).not.toBeNull();
    expect(
      await setting.tracker.getSessionId({ userId: '42', ip: '203.0.113.1' }),
    ).toBe(ofUser);
    const ofVisitor = await setting.tracker.getSessionId({
      ip: '::ffff:192.0.2.1',
    });
    expect(ofVisitor).not.toBeNull();
    expect(ofVisitor).not.toBe(ofUser);
    expect(await setting.tracker.getSessionId({ userId: 'nobody' })).toBeNull();
    expect(await setting.tracker.getSessionHistory('nothing')).toBeNull();
  });

  it('stores, emits and looks up truncated addresses where that is wanted', async () => {
    setting = new TrackerSetting({ addresses: truncatedAddresses });
    const seen = setting.collect();
    const client = { ip: '203.0.113.7' };
    const request = { path: '/', method: 'GET', request_id: 'a' };
    const recorded = Promise.all([
      setting.tracker.recordRequest(client, request),
      setting.tracker.recordRequest({ ip: '203.0.113.99' }, request),
      setting.tracker.recordResponse(client, {
        request_id: 'a',
        status_code: 200,
        duration_ms: 1,
      }),
    ]);
    await setting.clock.advance(50);
    const [id] = await recorded;
    expect(new Set(await recorded).size).toBe(1);
    expect(new Set(seen.map(({ client_ip }) => client_ip))).toEqual(
      new Set(['203.0.113.0']),
    );
    for (const ip of ['203.0.113.7', '203.0.113.0', '::ffff:203.0.113.250']) {
      expect(await setting.tracker.getSessionId({ ip })).toBe(id);
    }
    expect(
      await setting.tracker.getSessionId({ ip: '203.0.114.7' }),
    ).toBeNull();
  });

  it('redacts what a caller gives before it is queued', async () => {
    setting = new TrackerSetting({
      redaction: {
        redactPaths: {
          paths: ['/files/*'],
          redact: (path) => path.replace('/users', '/u'),
          defaults: true,
        },
        redactQuery: { allow: ['page'] },
      },
    });
    setting.store.mode = 'hang';
    for (const path of ['/files/x?page=2', '/users/bob@example.com?q=s3cret']) {
      void setting.tracker.recordRequest(
        { ip: '::1' },
        { path, method: 'GET' },
      );
    }
    await setting.clock.advance(50);
    expect(
      setting.store.sent
        .flatMap(({ exchanges }) => exchanges)
        .map(({ request }) => [request?.path, request?.query]),
    ).toEqual([
      ['/files/[redacted]', 'page=2'],
      ['/u/[redacted]', 'q=[redacted]'],
    ]);
  });

  it('counts a redactor that throws, and hides what it was given', async () => {
    setting = new TrackerSetting({
      redaction: {
        redactPaths: { paths: [], redact: fail, defaults: true },
        redactQuery: fail,
      },
    });
    const recorded = setting.tracker.recordRequest(
      { ip: '::1' },
      { path: '/items?page=2', method: 'GET' },
    );
    await setting.clock.advance(50);
    const history = await setting.tracker.getSessionHistory(await recorded);
    expect(history?.requests).toMatchObject([
      { path: '[redacted]', query: 'page=[redacted]' },
    ]);
    expect(setting.tracker.stats().callbackErrors).toBe(2);
  });

  it('takes an empty user id for none when it looks up as when it records', async () => {
    const client = { userId: '', ip: '192.0.2.1' };
    const recorded = setting.tracker.recordRequest(client, {
      path: '/',
      method: 'GET',
    });
    await setting.clock.advance(50);
    expect(await setting.tracker.getSessionId(client)).toBe(await recorded);
  });

  it('finds the session of a user whose id had to be hashed', async () => {
    const client = { userId: 'x\n'.repeat(500), ip: '192.0.2.1' };
    const recorded = setting.tracker.recordRequest(client, {
      path: '/',
      method: 'GET',
    });
    await setting.clock.advance(50);
    expect(await setting.tracker.getSessionId(client)).toBe(await recorded);
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
        setting.tracker.recordExchange(client, request, response);
      }
    }
    await setting.clock.advance(50);
    const id = await setting.tracker.getSessionId({ userId: '42' });
    const history = await setting.tracker.getSessionHistory(id ?? '');
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      'quick',
      'slow',
    ]);
  });

  it('rejects with the reason when the record is dropped', async () => {
    setting = new TrackerSetting({ flush: { maxQueue: 1 } });
    setting.store.mode = 'fail';
    const pushedOut = setting.tracker.recordRequest(user('1'), {
      path: '/',
      method: 'GET',
    });
    const left = setting.tracker.recordRequest(user('2'), {
      path: '/',
      method: 'GET',
    });
    await expect(pushedOut).rejects.toMatchObject({
      name: 'RecordDroppedError',
      reason: 'queue_full',
    });
    await setting.tracker.close(0);
    await expect(left).rejects.toMatchObject({ reason: 'shutdown' });
    await expect(
      setting.tracker.recordRequest(user('3'), { path: '/', method: 'GET' }),
    ).rejects.toMatchObject({ reason: 'shutdown' });
    expect(setting.tracker.stats()).toMatchObject({
      accepted: 3,
      dropped: 3,
      droppedQueueFull: 1,
      droppedShutdown: 2,
      queued: 0,
    });
  });

  it('rejects the records of a poisoned session alone', async () => {
    setting.store.poisoned.add('user:poisoned');
    const client = { ip: '192.0.2.1' };
    const request = { path: '/', method: 'GET' };
    const poisoned = setting.tracker.recordRequest(
      { ...client, userId: 'poisoned' },
      request,
    );
    const well = setting.tracker.recordRequest(
      { ...client, userId: 'well' },
      request,
    );
    await setting.clock.advance(50);
    await expect(poisoned).rejects.toBeInstanceOf(RecordDroppedError);
    await expect(poisoned).rejects.toMatchObject({ reason: 'rejected' });
    expect(await well).not.toBe('');
    expect(setting.tracker.stats()).toMatchObject({
      accepted: 2,
      stored: 1,
      droppedRejected: 1,
      queued: 0,
    });
    expect(setting.log.lines).toHaveLength(1);
    expect(setting.log.lines[0]).toMatch(/^error: .*foreign type; 1 so far/);
  });

  it('tells of rejected records at most once a minute', async () => {
    setting.store.poisoned.add('user:poisoned');
    for (let second = 0; second < 119; second += 1) {
      setting.record(user('poisoned'));
      await setting.clock.advance(1000);
    }
    expect(setting.log.with('foreign type')).toHaveLength(2);
  });

  it('tells at the end how many were rejected since', async () => {
    setting.store.poisoned.add('user:poisoned');
    for (let second = 0; second < 3; second += 1) {
      setting.record(user('poisoned'));
      await setting.clock.advance(1000);
    }
    await setting.tracker.close(100);
    expect(setting.log.lines).toEqual([
      expect.stringMatching(/^error: .*foreign type; 2 so far/),
      expect.stringMatching(/^error: 6 records were dropped in all/),
    ]);
    await setting.tracker.close(100);
    expect(setting.log.lines).toHaveLength(2);
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
      setting.tracker.recordRequest(
        { ip: '192.0.2.1' },
        { path: '/', method: 'GET', ...wrong },
      ),
    ).rejects.toBeInstanceOf(InvalidRecordError);
    expect(setting.tracker.stats().accepted).toBe(0);
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
      setting.tracker.recordResponse(
        { ip: '192.0.2.1' },
        { request_id: 'a', status_code: 200, duration_ms: 1, ...wrong },
      ),
    ).rejects.toBeInstanceOf(InvalidRecordError);
    expect(setting.tracker.stats().accepted).toBe(0);
  });

  it('lets a caller go who does not wait for the outcome', async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listen);
    try {
      void setting.tracker.recordRequest(user('1'), {
        path: '/',
        method: 'GET',
      });
      setting.store.mode = 'fail';
      void setting.tracker.flush();
      await settle();
      await setting.clock.advance(50);
      await setting.tracker.close(0);
      await settle();
      await settle();
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', listen);
    }
  });
});

describe('a client that is erased', () => {
  it('loses what was on its way, which is counted', async () => {
    setting.store.mode = 'hang';
    const seen = setting.collect();
    setting.record(user('42'));
    setting.record(user('43'), { id: 'stays' });
    const awaited = setting.tracker.recordRequest(user('42'), {
      path: '/',
      method: 'GET',
    });
    await setting.clock.advance(50);
    await setting.store.eraseClient({ userId: '42' });
    setting.store.mode = 'work';
    setting.store.release();
    await expect(awaited).rejects.toBeInstanceOf(RecordDroppedError);
    await expect(awaited).rejects.toMatchObject({ reason: 'erased' });
    expect(setting.tracker.stats()).toMatchObject({
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
    expect(await setting.store.findSessionId({ userId: '42' })).toBeNull();
  });
});

describe('stats', () => {
  it('says what happened and what is waiting', async () => {
    setting.record(user('42'));
    expect(setting.tracker.stats()).toEqual({
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
    expect(setting.tracker.stats().queuedBytes).toBeGreaterThan(100);
    await setting.clock.advance(50);
    expect(setting.tracker.stats()).toMatchObject({
      stored: 2,
      queued: 0,
      queuedBytes: 0,
      batches: 1,
    });
  });

  it('counts requests for which the totals had no place left', async () => {
    setting = new TrackerSetting({
      flush: { maxQueue: 10_000 },
      sampling: { rate: 0 },
    });
    for (let index = 0; index < 1003; index += 1) {
      setting.record(user(String(index)), { route: `/${index % 501}` });
    }
    await setting.tracker.flush();
    expect(setting.tracker.stats()).toMatchObject({
      cappedRoutes: 2,
      cappedClients: 3,
    });
  });

  it('counts what the host’s own code threw', () => {
    setting.tracker.countCallbackError();
    expect(setting.tracker.stats().callbackErrors).toBe(1);
  });
});
