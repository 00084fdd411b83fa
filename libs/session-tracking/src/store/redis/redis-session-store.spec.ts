import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { randomUUID } from 'node:crypto';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
} from 'vitest';
import {
  at,
  exchangeOf,
  requestRecord,
  responseRecord,
  TestWriter,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import {
  type RedisServer,
  startRedisServer,
} from '../../../testing/redis-server.js';
import {
  CONFORMANCE_POLICY,
  describeSessionStore,
} from '../../../testing/session-store-conformance.js';
import { toSessionDocument } from '../../analytics/session-document.js';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import type { Exchange } from '../../model/exchange.js';
import type { StorePolicy } from '../session-store.js';
import { RedisConnections } from './redis-connections.js';
import { RedisSessionStore } from './redis-session-store.js';

let server: RedisServer;
/** Another program that reads and writes the same Redis. */
let redis: Redis;
let prefix: string;
let writer: TestWriter;
let store: RedisSessionStore;
const opened: RedisSessionStore[] = [];

function openStore(
  policy: Partial<StorePolicy> = {},
  keyPrefix = prefix,
): RedisSessionStore {
  const connections = new RedisConnections(() => Promise.resolve(server.url), {
    writer: 5000,
    reader: 5000,
  });
  const created = new RedisSessionStore(connections, keyPrefix, {
    ...CONFORMANCE_POLICY,
    ...policy,
  });
  opened.push(created);
  return created;
}

function use(policy: Partial<StorePolicy>): void {
  store = openStore(policy);
  writer = new TestWriter(store);
}

function newPrefix(): string {
  return `t${randomUUID().slice(0, 8)}`;
}

/** Makes everything under a prefix as old as if that much time had passed. */
async function age(keyPrefix: string, seconds: number): Promise<void> {
  const expiryKey = `${keyPrefix}:session:expiry`;
  for (const key of await redis.keys(`${keyPrefix}:*`)) {
    const type = await redis.type(key);
    if (key === expiryKey && type === 'zset') {
      for (const member of await redis.zrange(expiryKey, '0', '-1')) {
        await redis.zincrby(expiryKey, -seconds, member);
      }
    }
    if (key.endsWith(':info') && type === 'hash') {
      await redis.hincrby(key, 'expiry_renewed_at', -seconds);
    }
    const ttl = await redis.pttl(key);
    if (ttl > 0) {
      // What falls to zero or below goes at once.
      await redis.pexpire(key, ttl - seconds * 1000);
    }
  }
}

/** Every key under the prefix with its type. */
async function keyTypes(): Promise<Record<string, string>> {
  const types: Record<string, string> = {};
  for (const key of (await redis.keys(`${prefix}:*`)).toSorted()) {
    types[key.slice(`${prefix}:session:`.length)] = await redis.type(key);
  }
  return types;
}

async function ttlOf(key: string): Promise<number> {
  return (await redis.pttl(`${prefix}:session:${key}`)) / 1000;
}

async function keysWithoutTtl(): Promise<string[]> {
  const keys = Object.keys(await keyTypes());
  return keysNotExpiringWithin(0, Number.POSITIVE_INFINITY, keys);
}

/** Those of the keys that expire earlier or later, with the seconds they have left. */
async function keysNotExpiringWithin(
  earliest: number,
  latest: number,
  keys: readonly string[],
): Promise<string[]> {
  const wrong: string[] = [];
  for (const key of keys) {
    const ttl = await ttlOf(key);
    if (ttl < earliest || ttl > latest) {
      wrong.push(`${key}: ${ttl}`);
    }
  }
  return wrong;
}

/** `get_session_analytics` of the original description, word for word but in TypeScript. */
async function naiveAnalytics(sessionId: string): Promise<unknown> {
  const key = `${prefix}:session:${sessionId}`;
  const info = await redis.hgetall(`${key}:info`);
  const requests = await redis.lrange(`${key}:requests`, 0, -1);
  const responses = (await redis.lrange(`${key}:responses`, 0, -1)).map(
    (text): { status_code: number; duration_ms: number } => JSON.parse(text),
  );
  const times = responses.map((response) => response.duration_ms);
  const errors = responses.filter(({ status_code }) => status_code >= 400);
  return {
    session_id: sessionId,
    user_id: info['user_id'],
    client_ip: info['client_ip'],
    created_at: Number(info['created_at']),
    analytics: {
      request_count: requests.length,
      avg_response_time: expect.closeTo(
        times.length === 0
          ? 0
          : times.reduce((sum, time) => sum + time, 0) / times.length,
        6,
      ),
      error_count: errors.length,
      error_rate: requests.length === 0 ? 0 : errors.length / requests.length,
    },
  };
}

/** Everything under the prefix but writers' entries, to see whether anything changed. */
async function snapshot(): Promise<Record<string, string | undefined>> {
  const all: Record<string, string | undefined> = {};
  for (const key of (await redis.keys(`${prefix}:*`)).toSorted()) {
    if (!key.includes(':writer:')) {
      all[key] = (await redis.dumpBuffer(key))?.toString('hex');
    }
  }
  return all;
}

/** Whether a key belongs to no session of its own. */
function isShared(key: string): boolean {
  return /:session:(?:index$|expiry$|sessions:)/.test(key) || isTotal(key);
}

/** Whether a key counts what happened, or finds it again, and holds no record. */
function isTotal(key: string): boolean {
  return /(?:^|:session:)(?:(?:usage|routes|clients|unique|request):|(?:client-slots|pending-totals)$)/.test(
    key,
  );
}

/** As `snapshot`, without the totals, which count a rejected request too. */
async function snapshotOfSessions(): Promise<
  Record<string, string | undefined>
> {
  return Object.fromEntries(
    Object.entries(await snapshot()).filter(([key]) => !isTotal(key)),
  );
}

beforeAll(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url);
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

beforeEach(() => {
  prefix = newPrefix();
  use({});
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

describeSessionStore('redis', (policy) => {
  const keyPrefix = newPrefix();
  const ours = openStore(policy, keyPrefix);
  return Promise.resolve({
    store: ours,
    otherStore: openStore(policy, keyPrefix),
    passTime: (seconds: number) => age(keyPrefix, seconds),
    close: () => ours.close(),
  });
});

describe('what another program finds in Redis', () => {
  it('is exactly the documented keys', async () => {
    const [ofUser, ofVisitor] = await writer.sessionsOf(
      exchangeOf(user('42', '192.0.2.1')),
      exchangeOf(visitor('2001:db8::1')),
    );
    const types = Object.entries(await keyTypes()).map(([name, type]) => [
      name
        .replace(/:\d{9,}/, ':<start>')
        .replace(/^(request:.*:)[0-3]$/, '$1<shard>'),
      type,
    ]);
    expect(Object.fromEntries(types)).toEqual({
      [`${ofUser}:info`]: 'hash',
      [`${ofUser}:requests`]: 'list',
      [`${ofUser}:responses`]: 'list',
      [`${ofVisitor}:info`]: 'hash',
      [`${ofVisitor}:requests`]: 'list',
      [`${ofVisitor}:responses`]: 'list',
      'user:42': 'string',
      'ip:2001:db8::1': 'string',
      'sessions:user:42': 'list',
      'sessions:ip:192.0.2.1': 'list',
      'sessions:ip:2001:db8::1': 'list',
      [`writer:${writer.writer}`]: 'hash',
      expiry: 'zset',
      index: 'zset',
      'pending-totals': 'list',
      'clients:300:<start>': 'hash',
      'client-slots': 'zset',
      'unique:60:<start>': 'string',
      'unique:300:<start>': 'string',
      'unique:3600:<start>': 'string',
      'request:<start>:<shard>': 'hash',
    });
    expect(await redis.get(`${prefix}:session:user:42`)).toBe(ofUser);
    expect(await redis.get(`${prefix}:session:ip:2001:db8::1`)).toBe(ofVisitor);
  });

  it('is an info hash with the documented fields', async () => {
    const id = await writer.sessionOf(
      exchangeOf(user('42', '192.0.2.1'), {
        timestamp: at(0.5),
        status: 404,
        duration: 45.23,
      }),
      { client: user('42'), request: requestRecord({ timestamp: at(2.125) }) },
    );
    const anonymous = await writer.sessionOf(exchangeOf(visitor('192.0.2.2')));
    const info = await redis.hgetall(`${prefix}:session:${id}:info`);
    expect(info).toEqual({
      client_ip: '192.0.2.1',
      user_id: '42',
      created_at: '1700000000.5',
      last_seen_at: '1700000002.125',
      request_count: '2',
      response_count: '1',
      error_count: '1',
      duration_us_total: '45230',
      expiry_renewed_at: expect.stringMatching(/^\d{10}$/),
    });
    expect(
      await redis.hget(`${prefix}:session:${anonymous}:info`, 'user_id'),
    ).toBe('');
  });

  it('is plain JSON of the documented shape, empty fields left out', async () => {
    const client = user('42');
    const id = await writer.sessionOf(
      {
        client,
        request: {
          timestamp: 1647123456.789,
          path: '/api/users',
          method: 'GET',
          request_id: '550e8400-e29b-41d4-a716-446655440000',
        },
        response: {
          timestamp: 1647123457,
          request_id: '550e8400-e29b-41d4-a716-446655440000',
          status_code: 200,
          duration_ms: 45.23,
        },
      },
      {
        client,
        request: {
          timestamp: 1647123458.5,
          path: '/say/"hi"\\\n',
          method: 'POST',
          request_id: 'r-2',
          route: '/say/:what',
          graphql_operation: 'Say',
        },
        response: {
          timestamp: 1647123459.25,
          request_id: 'r-2',
          status_code: 499,
          duration_ms: 0,
          handler: 'SayController.say',
          handler_ms: 1.5,
          error: 'TypeError',
          error_message: 'no "word"',
          aborted: true,
        },
      },
    );
    const key = `${prefix}:session:${id}`;
    expect(await redis.lrange(`${key}:requests`, 0, -1)).toEqual([
      '{"timestamp":1647123456.789,"path":"/api/users","method":"GET","request_id":"550e8400-e29b-41d4-a716-446655440000"}',
      '{"timestamp":1647123458.5,"path":"/say/\\"hi\\"\\\\\\n","method":"POST","request_id":"r-2","route":"/say/:what","graphql_operation":"Say"}',
    ]);
    expect(await redis.lrange(`${key}:responses`, 0, -1)).toEqual([
      '{"timestamp":1647123457,"request_id":"550e8400-e29b-41d4-a716-446655440000","status_code":200,"duration_ms":45.23}',
      '{"timestamp":1647123459.25,"request_id":"r-2","status_code":499,"duration_ms":0,"handler":"SayController.say","handler_ms":1.5,"error":"TypeError","error_message":"no \\"word\\"","aborted":true}',
    ]);
  });

  it('gives the same numbers to a reader that knows only the original description', async () => {
    const record = fc.record({
      status: fc.constantFrom(200, 204, 301, 399, 400, 404, 499, 500, 503),
      hundredths: fc.nat(6_000_000),
      seconds: fc.nat(900),
      kind: fc.constantFrom('both', 'request', 'response'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(record, { minLength: 1, maxLength: 8 }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (batches) => {
          const client = user(randomUUID());
          let id = '';
          for (const batch of batches) {
            id = await writer.sessionOf(
              ...batch.map(({ status, hundredths, seconds, kind }) => {
                const { request, response } = exchangeOf(client, {
                  status,
                  duration: hundredths / 100,
                  timestamp: at(seconds),
                });
                return {
                  client,
                  ...(kind !== 'response' && request && { request }),
                  ...(kind !== 'request' && response && { response }),
                };
              }),
            );
          }
          const history = await store.readSession(id);
          const document = history === null ? {} : toSessionDocument(history);
          expect(document).toMatchObject(Object(await naiveAnalytics(id)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('expiry in Redis', () => {
  it('is set on every key, by default to the idle time of a session', async () => {
    use({ sessionTtlSeconds: 7200, retentionSeconds: 7200 });
    const [ofUser, ofVisitor] = await writer.sessionsOf(
      exchangeOf(user('42')),
      exchangeOf(visitor('192.0.2.2')),
    );
    expect(await keysWithoutTtl()).toEqual([]);
    const keys = [
      ...[ofUser, ofVisitor].flatMap((id) => [
        `${id}:info`,
        `${id}:requests`,
        `${id}:responses`,
      ]),
      'user:42',
      'ip:192.0.2.2',
    ];
    expect(await keysNotExpiringWithin(7190, 7200, keys)).toEqual([]);
  });

  it('keeps the data longer than the session with retentionSeconds', async () => {
    use({ sessionTtlSeconds: 100, retentionSeconds: 5000 });
    const id = await writer.sessionOf(exchangeOf(user('42')));
    const data = [
      `${id}:info`,
      `${id}:requests`,
      `${id}:responses`,
      'sessions:user:42',
      'sessions:ip:192.0.2.1',
      'index',
      'expiry',
    ];
    expect(await keysNotExpiringWithin(4990, 5000, data)).toEqual([]);
    expect(await keysNotExpiringWithin(90, 100, ['user:42'])).toEqual([]);
  });

  it('is set on a list that begins later, and stays on one that is trimmed', async () => {
    use({ maxRecordsPerSession: 2 });
    const client = user('42');
    await writer.append({ client, request: requestRecord() });
    await writer.append({ client, response: responseRecord() });
    expect(await keysWithoutTtl()).toEqual([]);
    for (let round = 0; round < 3; round += 1) {
      await writer.append(exchangeOf(client), exchangeOf(client));
    }
    expect(await keysWithoutTtl()).toEqual([]);
  });

  it('is renewed by traffic once it has aged by a hundredth', async () => {
    use({ sessionTtlSeconds: 1000, retentionSeconds: 1000 });
    const client = user('42', '192.0.2.3');
    const id = await writer.sessionOf(exchangeOf(client));
    const keys = [
      `${id}:info`,
      `${id}:requests`,
      `${id}:responses`,
      'user:42',
      'sessions:user:42',
      'sessions:ip:192.0.2.3',
      'index',
      'expiry',
    ];
    await age(prefix, 500);
    expect(await keysNotExpiringWithin(490, 500, keys)).toEqual([]);
    await writer.append(exchangeOf(client));
    expect(await keysNotExpiringWithin(990, 1000, keys)).toEqual([]);
  });

  it('is never more than a hundredth behind', async () => {
    use({ sessionTtlSeconds: 1000, retentionSeconds: 1000 });
    const client = visitor('192.0.2.3');
    await writer.append(exchangeOf(client));
    for (let round = 0; round < 12; round += 1) {
      await age(prefix, 3);
      await writer.append(exchangeOf(client));
      expect(await ttlOf('ip:192.0.2.3')).toBeGreaterThan(985);
    }
  });

  it('lets a writer that fell silent be forgotten after a day', async () => {
    await writer.append(exchangeOf(user('42')));
    const ttl = await ttlOf(`writer:${writer.writer}`);
    expect(ttl).toBeGreaterThan(86_390);
    expect(ttl).toBeLessThanOrEqual(86_400);
  });

  it('takes the index entries of sessions that are gone', async () => {
    const gone = await writer.sessionsOf(
      ...Array.from({ length: 60 }, (_, index) =>
        exchangeOf(user(`gone-${index}`)),
      ),
    );
    // Still there when the others arrive, so that the index itself lives on.
    await age(prefix, 99);
    await writer.append(exchangeOf(user('stays')));
    expect(await redis.zcard(`${prefix}:session:index`)).toBe(61);
    await age(prefix, 50);
    expect(await store.readSession(gone[0] ?? '')).toBeNull();
    await writer.append(exchangeOf(user('stays')));
    await age(prefix, 50);
    const open = await writer.sessionOf(exchangeOf(user('stays')));
    expect(await redis.zrange(`${prefix}:session:index`, '0', '-1')).toEqual([
      open,
    ]);
    expect(await redis.zrange(`${prefix}:session:expiry`, '0', '-1')).toEqual([
      open,
    ]);
  });

  it('leaves no key of an erased session behind', async () => {
    const id = await writer.sessionOf(exchangeOf(user('42', '192.0.2.1')));
    await store.eraseSession(id);
    const left = Object.entries(await keyTypes()).filter(
      ([name]) => !isTotal(name),
    );
    expect(Object.fromEntries(left)).toEqual({
      [`writer:${writer.writer}`]: 'hash',
      erased: 'hash',
    });
  });
});

describe('an erasure', () => {
  it('covers the millisecond in which it happens', async () => {
    await store.eraseClient({ userId: '42' });
    const key = `${prefix}:session:erased`;
    const [tombstone = ''] = (await redis.hkeys(key)).filter(
      (field) => field !== 'salt',
    );
    const erasedAt = Number(await redis.hget(key, tombstone));
    const { exchanges } = await writer.append(
      exchangeOf(user('42'), { timestamp: erasedAt / 1000 }),
      exchangeOf(user('42'), { timestamp: (erasedAt + 1) / 1000 }),
    );
    expect(exchanges.map(({ outcome }) => outcome)).toEqual([
      'erased',
      'stored',
    ]);
  });

  it('knows the totals by client for no longer than they stay', async () => {
    const names = (): Promise<string[]> =>
      redis.zrange(`${prefix}:session:client-slots`, '0', '-1');
    await writer.append(exchangeOf(user('42'), { timestamp: at(0) }));
    expect(await names()).toEqual(['300:1699999800']);
    expect(await ttlOf('client-slots')).toBeCloseTo(100, 0);
    await redis.zincrby(
      `${prefix}:session:client-slots`,
      -101,
      '300:1699999800',
    );
    await writer.append(exchangeOf(user('42'), { timestamp: at(300) }));
    expect(await names()).toEqual(['300:1700000100']);
  });
});

describe('a Redis that other programs disturb', () => {
  it('forgets its scripts and still stores each batch once', async () => {
    const client = user('42');
    let id = '';
    for (let round = 0; round < 5; round += 1) {
      await redis.script('FLUSH');
      id = await writer.sessionOf(exchangeOf(client, { id: String(round) }));
    }
    await redis.script('FLUSH');
    const history = await store.readSession(id);
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(await store.eraseSession(id)).not.toBeNull();
  });

  describe.each([
    { kind: 'open-session key', keyOf: () => 'user:poisoned', value: 'list' },
    { kind: 'info', keyOf: (id: string) => `${id}:info`, value: 'string' },
    {
      kind: 'requests',
      keyOf: (id: string) => `${id}:requests`,
      value: 'string',
    },
    {
      kind: 'responses',
      keyOf: (id: string) => `${id}:responses`,
      value: 'string',
    },
  ])('with a foreign type in the $kind', ({ keyOf, value }) => {
    async function poison(): Promise<string> {
      const id = await writer.sessionOf(
        exchangeOf(user('poisoned'), { id: 'before' }),
      );
      const key = `${prefix}:session:${keyOf(id)}`;
      await redis.del(key);
      await (value === 'list'
        ? redis.rpush(key, 'foreign')
        : redis.set(key, 'foreign'));
      return id;
    }

    it('rejects that client alone, and stores nothing half', async () => {
      await poison();
      const before = await snapshotOfSessions();
      const { exchanges: answers } = await writer.append(
        exchangeOf(user('well'), { id: 'a' }),
        exchangeOf(user('poisoned'), { id: 'x' }),
        exchangeOf(visitor('192.0.2.9'), { id: 'b' }),
        exchangeOf(user('poisoned'), { id: 'y' }),
        exchangeOf(user('well'), { id: 'c' }),
      );
      expect(answers.map(({ outcome }) => outcome)).toEqual([
        'stored',
        'rejected',
        'stored',
        'rejected',
        'stored',
      ]);
      expect(answers[1]).toEqual({ outcome: 'rejected', sessionId: '' });
      const well = await store.readSession(answers[0]?.sessionId ?? '');
      expect(well?.requests.map(({ request_id }) => request_id)).toEqual([
        'a',
        'c',
      ]);
      expect(
        await store.readSession(answers[2]?.sessionId ?? ''),
      ).not.toBeNull();

      const after = await snapshotOfSessions();
      const touched = Object.keys(before).filter(
        (key) => after[key] !== before[key] && !isShared(key),
      );
      expect(touched).toEqual([]);
      expect(
        Object.keys(after).filter((key) => key.includes('poisoned')),
      ).toEqual(Object.keys(before).filter((key) => key.includes('poisoned')));
      expect(await redis.zcard(`${prefix}:session:index`)).toBe(3);
    });

    it('answers a retry of that batch alike', async () => {
      await poison();
      for (const wantsSessionIds of [true, false]) {
        const batch = writer.batch(
          [exchangeOf(user('poisoned')), exchangeOf(user('well'))],
          { wantsSessionIds },
        );
        const answer = await store.append(batch);
        expect(answer.exchanges.map(({ outcome }) => outcome)).toEqual([
          'rejected',
          'stored',
        ]);
        expect(await store.append(batch)).toEqual(answer);
      }
    });

    it('rejects requests and responses that come alone where they would not fit', async () => {
      const id = await poison();
      const before = await snapshotOfSessions();
      const { exchanges } = await writer.append({
        client: user('poisoned'),
        ...(keyOf(id).endsWith(':responses')
          ? { response: responseRecord() }
          : { request: requestRecord() }),
      });
      expect(exchanges[0]?.outcome).toBe('rejected');
      expect(await snapshotOfSessions()).toEqual(before);
    });
  });

  it.each(['index', 'expiry', 'sessions:user:42', 'sessions:ip:192.0.2.1'])(
    'has a foreign type in the shared key %s, which costs no record',
    async (key) => {
      await redis.set(`${prefix}:session:${key}`, 'foreign');
      const id = await writer.sessionOf(exchangeOf(user('42', '192.0.2.1')));
      await writer.append(exchangeOf(user('42', '192.0.2.1')));
      await age(prefix, 5);
      await writer.append(exchangeOf(user('42', '192.0.2.1')));
      const history = await store.readSession(id);
      expect(history?.info.request_count).toBe(3);
      expect(history?.requests).toHaveLength(3);
    },
  );

  it('has a foreign type in the writer’s entry, which costs no record', async () => {
    const key = `${prefix}:session:writer:${writer.writer}`;
    await redis.rpush(key, 'foreign');
    const id = await writer.sessionOf(exchangeOf(user('42')));
    expect((await store.readSession(id))?.requests).toHaveLength(1);
  });

  it('points to a session that is gone: a new one begins', async () => {
    const old = await writer.sessionOf(exchangeOf(user('42')));
    await redis.del(`${prefix}:session:${old}:info`);
    const id = await writer.sessionOf(exchangeOf(user('42')));
    expect(id).not.toBe(old);
    expect((await store.readSession(id))?.info.request_count).toBe(1);
  });

  it.each(['sessions:user:42', 'sessions:ip:192.0.2.1', 'index', 'expiry'])(
    'can erase a session though %s holds a foreign type',
    async (key) => {
      const id = await writer.sessionOf(exchangeOf(user('42', '192.0.2.1')));
      await redis.set(`${prefix}:session:${key}`, 'foreign');
      expect(await store.eraseSession(id)).toMatchObject({
        erased_sessions: 1,
      });
      const left = Object.entries(await keyTypes()).filter(
        ([name, type]) =>
          !name.startsWith('writer:') &&
          name !== 'erased' &&
          !isTotal(name) &&
          (type !== 'string' || name === 'user:42'),
      );
      const values = await Promise.all(
        left.map(([name, type]) =>
          type === 'list'
            ? redis.lrange(`${prefix}:session:${name}`, 0, -1)
            : type === 'zset'
              ? redis.zrange(`${prefix}:session:${name}`, '0', '-1')
              : redis.get(`${prefix}:session:${name}`),
        ),
      );
      expect(JSON.stringify(values)).not.toContain(id);
    },
  );
});

describe('a Redis that takes no writes', () => {
  afterEach(async () => {
    await redis.config('SET', 'maxmemory', '0');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it('rejects a batch for want of memory, and stores it once when there is some', async () => {
    const client = user('42');
    const first = await writer.sessionOf(exchangeOf(client, { id: 'before' }));
    const before = await snapshot();
    const batch = writer.batch([
      exchangeOf(client, { id: 'during' }),
      exchangeOf(visitor('192.0.2.9')),
    ]);
    await redis.config('SET', 'maxmemory', '1');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const rejection = store.append(batch);
      await expect(rejection).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(rejection).rejects.toThrow('maxmemory');
    }
    expect(await snapshot()).toEqual(before);

    await redis.config('SET', 'maxmemory', '0');
    const answer = await store.append(batch);
    expect(await store.append(batch)).toEqual(answer);
    expect(answer.exchanges.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'stored',
    ]);
    const history = await store.readSession(first);
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      'before',
      'during',
    ]);
    expect(history?.info.request_count).toBe(2);
  });

  it('still answers questions', async () => {
    const id = await writer.sessionOf(exchangeOf(user('42')));
    await redis.config('SET', 'maxmemory', '1');
    expect(await store.findSessionId({ userId: '42' })).toBe(id);
    expect((await store.listSessions({ limit: 5 })).sessions).toHaveLength(1);
  });
});

describe('figures that no server would measure', () => {
  const odd: [string, Partial<Exchange>][] = [
    ['negative', { response: responseRecord({ duration_ms: -1 }) }],
    ['no number', { response: responseRecord({ duration_ms: Number.NaN }) }],
    ['endless', { response: responseRecord({ duration_ms: Infinity }) }],
    ['huge', { response: responseRecord({ duration_ms: 1e20 }) }],
    ['no time', { request: requestRecord({ timestamp: Number.NaN }) }],
  ];

  it.each(odd)('cost no other client a record: %s', async (_, records) => {
    const batch = writer.batch([
      exchangeOf(user('a'), { id: 'a' }),
      { client: user('odd'), ...records },
      exchangeOf(user('b'), { id: 'b' }),
      exchangeOf(visitor('192.0.2.9'), { id: 'c' }),
    ]);
    const { exchanges } = await store
      .append(batch)
      .catch(() => store.append(batch));
    const others = exchanges.filter((_answer, index) => index !== 1);
    expect(others.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'stored',
      'stored',
    ]);
    const ids: string[] = [];
    for (const { sessionId } of others) {
      const history = await store.readSession(sessionId);
      ids.push(
        ...(history?.requests ?? []).map(({ request_id }) => request_id),
      );
    }
    expect(ids).toEqual(['a', 'b', 'c']);
    const { sessions } = await store.listSessions({ limit: 10 });
    expect(sessions.length).toBeLessThanOrEqual(4);
  });
});

it('says which store it is, and is closed without harm twice', async () => {
  expect(store.kind).toBe('redis');
  expect(store.partitionOf()).toBe(0);
  await store.open();
  await store.close();
  await store.close();
  await expect(store.findSessionId({ userId: '42' })).rejects.toBeInstanceOf(
    StoreUnavailableError,
  );
});
