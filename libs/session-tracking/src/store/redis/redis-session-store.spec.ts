import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { heapAfterFullCollection } from '../../../testing/garbage-collection.js';
import {
  at,
  exchangeOf,
  leftOut,
  requestRecord,
  responseRecord,
  TestWriter,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import {
  isTotal,
  newPrefix,
  useRedis,
} from '../../../testing/redis-setting.js';
import { describeSessionStore } from '../../../testing/session-store-conformance.js';
import { toSessionDocument } from '../../analytics/session-document.js';
import { slotAt } from '../../model/totals/time-slot.js';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';

const setting = useRedis();

async function ttlOf(key: string): Promise<number> {
  return (await setting.redis.pttl(setting.key(key))) / 1000;
}

async function keysWithoutTtl(): Promise<string[]> {
  const keys = Object.keys(await setting.keyTypes());
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
  const key = setting.key(sessionId);
  const info = await setting.redis.hgetall(`${key}:info`);
  const requests = await setting.redis.lrange(`${key}:requests`, 0, -1);
  const responses = (await setting.redis.lrange(`${key}:responses`, 0, -1)).map(
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

/** The stems of the ids of all sessions that the index of requests names. */
async function sessionsByRequest(): Promise<Set<string>> {
  const stems = new Set<string>();
  for (const key of await setting.redis.keys(setting.key('request:*'))) {
    for (const stem of await setting.redis.hvals(key)) {
      stems.add(stem);
    }
  }
  return stems;
}

/** What an index holds of a session's id: the rest of it follows from that. */
function stemOf(id: string): string {
  const stem = id.slice(0, 30);
  const rest = createHash('sha1').update(stem).digest('hex').slice(0, 6);
  expect(id).toBe(stem + rest);
  return stem;
}

describeSessionStore('redis', (policy) => {
  const keyPrefix = newPrefix();
  const ours = setting.openStore(policy, keyPrefix);
  return Promise.resolve({
    store: ours,
    otherStore: setting.openStore(policy, keyPrefix),
    passTime: (seconds: number) => setting.age(keyPrefix, seconds, policy),
    close: () => ours.close(),
  });
});

/** Apart, so that no variable of the test holds the exchange. */
function prepareApart() {
  const exchange = exchangeOf(user('42'), { id: 'a' });
  const batch = setting.writer.batch([exchange], { wantsSessionIds: false });
  return {
    prepared: setting.store.prepare(batch),
    exchange: new WeakRef(exchange),
  };
}

describe('a batch that waits for Redis', () => {
  it('keeps none of its exchanges alive, and is stored whole', async () => {
    const { prepared, exchange } = prepareApart();
    // What a reference was made to lives on until the present turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    heapAfterFullCollection();
    expect(exchange.deref()).toBeUndefined();
    const { exchanges } = await prepared.append();
    expect(exchanges).toEqual([{ outcome: 'stored', sessionId: '' }]);
    const id = await setting.store.findSessionId({ userId: '42' });
    const history = await setting.store.readSession(id ?? '');
    expect(history?.requests).toEqual([requestRecord({ request_id: 'a' })]);
  });

  it('tells when it is sent that it cannot be packed', async () => {
    // Longer than any that capture lets through.
    const client = { ...user('42'), userId: 'x'.repeat(256) };
    const prepared = setting.store.prepare(
      setting.writer.batch([exchangeOf(client)]),
    );
    await expect(prepared.append()).rejects.toThrow(RangeError);
  });
});

describe('what another program finds in Redis', () => {
  it('is exactly the documented keys', async () => {
    const [ofUser, ofVisitor] = await setting.writer.sessionsOf(
      exchangeOf(user('42', '192.0.2.1')),
      exchangeOf(visitor('2001:db8::1')),
    );
    const types = Object.entries(await setting.keyTypes()).map(
      ([name, type]) => [
        name
          .replace(/:\d{9,}/, ':<start>')
          .replace(/^(request:.*:)[0-3]$/, '$1<shard>'),
        type,
      ],
    );
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
      [`writer:${setting.writer.writer}`]: 'hash',
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
    expect(await setting.redis.get(setting.key('user:42'))).toBe(ofUser);
    expect(await setting.redis.get(setting.key('ip:2001:db8::1'))).toBe(
      ofVisitor,
    );
  });

  it('is an info hash with the documented fields', async () => {
    const id = await setting.writer.sessionOf(
      exchangeOf(user('42', '192.0.2.1'), {
        timestamp: at(0.5),
        status: 404,
        duration: 45.23,
      }),
      { client: user('42'), request: requestRecord({ timestamp: at(2.125) }) },
    );
    const anonymous = await setting.writer.sessionOf(
      exchangeOf(visitor('192.0.2.2')),
    );
    const info = await setting.redis.hgetall(setting.key(`${id}:info`));
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
      indexed_at: expect.stringMatching(/^\d{10}$/),
    });
    expect(
      await setting.redis.hmget(
        setting.key(`${anonymous}:info`),
        'user_id',
        'error_count',
      ),
    ).toEqual(['', '0']);
  });

  it('is plain JSON of the documented shape, empty fields left out', async () => {
    const client = user('42');
    const id = await setting.writer.sessionOf(
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
    const key = setting.key(id);
    expect(await setting.redis.lrange(`${key}:requests`, 0, -1)).toEqual([
      '{"timestamp":1647123456.789,"path":"/api/users","method":"GET","request_id":"550e8400-e29b-41d4-a716-446655440000"}',
      '{"timestamp":1647123458.5,"path":"/say/\\"hi\\"\\\\\\n","method":"POST","request_id":"r-2","route":"/say/:what","graphql_operation":"Say"}',
    ]);
    expect(await setting.redis.lrange(`${key}:responses`, 0, -1)).toEqual([
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
            id = await setting.writer.sessionOf(
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
          const history = await setting.store.readSession(id);
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
    setting.use({ sessionTtlSeconds: 7200, retentionSeconds: 7200 });
    const [ofUser, ofVisitor] = await setting.writer.sessionsOf(
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
    setting.use({ sessionTtlSeconds: 100, retentionSeconds: 5000 });
    const id = await setting.writer.sessionOf(exchangeOf(user('42')));
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
    setting.use({ maxRecordsPerSession: 2 });
    const client = user('42');
    await setting.writer.append({ client, request: requestRecord() });
    await setting.writer.append({ client, response: responseRecord() });
    expect(await keysWithoutTtl()).toEqual([]);
    for (let round = 0; round < 3; round += 1) {
      await setting.writer.append(exchangeOf(client), exchangeOf(client));
    }
    expect(await keysWithoutTtl()).toEqual([]);
  });

  it('is renewed by traffic once it has aged by a hundredth', async () => {
    setting.use({ sessionTtlSeconds: 1000, retentionSeconds: 1000 });
    const client = user('42', '192.0.2.3');
    const id = await setting.writer.sessionOf(exchangeOf(client));
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
    await setting.age(setting.prefix, 500);
    expect(await keysNotExpiringWithin(490, 500, keys)).toEqual([]);
    await setting.writer.append(exchangeOf(client));
    expect(await keysNotExpiringWithin(990, 1000, keys)).toEqual([]);
  });

  it('is never more than a hundredth behind', async () => {
    setting.use({ sessionTtlSeconds: 1000, retentionSeconds: 1000 });
    const client = visitor('192.0.2.3');
    await setting.writer.append(exchangeOf(client));
    for (let round = 0; round < 12; round += 1) {
      await setting.age(setting.prefix, 3);
      await setting.writer.append(exchangeOf(client));
      expect(await ttlOf('ip:192.0.2.3')).toBeGreaterThan(985);
    }
  });

  it('lets a writer that fell silent be forgotten after a day', async () => {
    await setting.writer.append(exchangeOf(user('42')));
    const ttl = await ttlOf(`writer:${setting.writer.writer}`);
    expect(ttl).toBeGreaterThan(86_390);
    expect(ttl).toBeLessThanOrEqual(86_400);
  });

  it('takes the index entries of sessions that are gone', async () => {
    const gone = await setting.writer.sessionsOf(
      ...Array.from({ length: 60 }, (_, index) =>
        exchangeOf(user(`gone-${index}`)),
      ),
    );
    // Still there when the others arrive, so that the index itself lives on.
    await setting.age(setting.prefix, 99);
    await setting.writer.append(exchangeOf(user('stays')));
    expect(await setting.redis.zcard(setting.key('index'))).toBe(61);
    await setting.age(setting.prefix, 50);
    expect(await setting.store.readSession(gone[0] ?? '')).toBeNull();
    await setting.writer.append(exchangeOf(user('stays')));
    await setting.age(setting.prefix, 50);
    const open = await setting.writer.sessionOf(exchangeOf(user('stays')));
    expect(await setting.redis.zrange(setting.key('index'), '0', '-1')).toEqual(
      [open],
    );
    expect(
      await setting.redis.zrange(setting.key('expiry'), '0', '-1'),
    ).toEqual([open]);
  });

  it('leaves nothing of an erased session among the requests that are found by their ids', async () => {
    const kept = await setting.writer.sessionOf(
      ...Array.from({ length: 20 }, (_, index) =>
        exchangeOf(user('43'), { id: `kept-${index}` }),
      ),
    );
    const erased = await setting.writer.sessionOf(
      ...Array.from({ length: 20 }, (_, index) =>
        exchangeOf(user('42'), { id: `erased-${index}` }),
      ),
    );
    expect(await sessionsByRequest()).toEqual(
      new Set([stemOf(kept), stemOf(erased)]),
    );
    await setting.store.eraseSession(erased);
    expect(await sessionsByRequest()).toEqual(new Set([stemOf(kept)]));
  });

  it('leaves no key of an erased session behind', async () => {
    const id = await setting.writer.sessionOf(
      exchangeOf(user('42', '192.0.2.1')),
    );
    await setting.store.eraseSession(id);
    const left = Object.entries(await setting.keyTypes()).filter(
      ([name]) => !isTotal(name),
    );
    expect(Object.fromEntries(left)).toEqual({
      [`writer:${setting.writer.writer}`]: 'hash',
      erased: 'zset',
      'erased-salt': 'string',
    });
  });
});

describe('an erasure', () => {
  it('takes a session of very many requests', async () => {
    setting.use({ maxRecordsPerSession: 100_000 });
    let session = '';
    for (let batch = 0; batch < 40; batch += 1) {
      session = await setting.writer.sessionOf(
        ...Array.from({ length: 1000 }, (_, index) =>
          exchangeOf(user('42'), { id: `${batch}-${index}` }),
        ),
      );
    }
    expect(await setting.store.findRequest('0-0')).toBe(session);
    expect(await setting.store.eraseSession(session)).toMatchObject({
      erased_requests: 40_000,
    });
    expect(await setting.store.findRequest('0-0')).toBeNull();
  });

  it('covers the millisecond in which it happens', async () => {
    await setting.store.eraseClient({ userId: '42' });
    const [, score] = await setting.redis.zrange(
      setting.key('erased'),
      '0',
      '-1',
      'WITHSCORES',
    );
    const erasedAt = Number(score);
    const { exchanges } = await setting.writer.append(
      exchangeOf(user('42'), { timestamp: erasedAt / 1000 }),
      exchangeOf(user('42'), { timestamp: (erasedAt + 1) / 1000 }),
    );
    expect(exchanges.map(({ outcome }) => outcome)).toEqual([
      'erased',
      'stored',
    ]);
  });

  it('covers a batch that was long on its way from a clock that runs ahead', async () => {
    const client = user('42');
    const realNow = Date.now;
    const clock = vi.spyOn(Date, 'now');
    const runAhead = (milliseconds: number): unknown =>
      clock.mockImplementation(() => realNow() + milliseconds);
    try {
      runAhead(5000);
      await setting.writer.append(exchangeOf(user('43')));
      await setting.store.eraseClient({ userId: '42' });
      const erasedAt = realNow();
      // Of five seconds, four and a half went by on the way.
      runAhead(500);
      const { exchanges } = await setting.writer.append(
        exchangeOf(client, { timestamp: (erasedAt + 4000) / 1000 }),
        exchangeOf(client, { timestamp: (erasedAt + 6000) / 1000 }),
      );
      expect(exchanges.map(({ outcome }) => outcome)).toEqual([
        'erased',
        'stored',
      ]);
    } finally {
      clock.mockRestore();
    }
  });

  it('covers the totals by client of a clock that runs ahead', async () => {
    const realNow = Date.now;
    const clock = vi
      .spyOn(Date, 'now')
      .mockImplementation(() => realNow() + 120_000);
    try {
      await setting.store.eraseClient({ userId: '42' });
      const timestamp = realNow() / 1000 + 100;
      await setting.writer.append(
        exchangeOf(user('42'), { timestamp }),
        leftOut(user('42'), { timestamp }),
        exchangeOf(user('43'), { timestamp }),
      );
      const clients = await setting.store.readClients(
        slotAt(timestamp, setting.store.clientSlotLength),
      );
      expect([...clients.keys()]).toEqual(['user:43']);
    } finally {
      clock.mockRestore();
    }
  });

  it('is remembered for a day, whoever is erased after that', async () => {
    const key = setting.key('erased');
    await setting.store.eraseClient({ userId: '42' });
    const [tombstone = ''] = await setting.redis.zrange(key, '0', '-1');
    await setting.redis.zincrby(key, -86_400_000, tombstone);
    await setting.store.eraseClient({ userId: '43' });
    expect(await setting.redis.zrange(key, '0', '-1')).not.toContain(tombstone);
    expect(await setting.redis.zcard(key)).toBe(1);
  });

  it('is remembered of 100,000 clients at most, the latest', async () => {
    const key = setting.key('erased');
    await setting.redis.eval(
      "for i = 1, 100000 do redis.call('ZADD', KEYS[1], ARGV[1] + i, i) end",
      1,
      key,
      String(Date.now() - 200_000),
    );
    await setting.redis.set(setting.key('erased-salt'), 'salt');
    await setting.store.eraseClient({ userId: '42' });
    expect(await setting.redis.zcard(key)).toBe(100_000);
    expect(await setting.redis.zscore(key, '1')).toBeNull();
    const { exchanges } = await setting.writer.append(exchangeOf(user('42')));
    expect(exchanges[0]?.outcome).toBe('erased');
  });

  it('knows the totals by client for no longer than they stay', async () => {
    const names = (): Promise<string[]> =>
      setting.redis.zrange(setting.key('client-slots'), '0', '-1');
    await setting.writer.append(exchangeOf(user('42'), { timestamp: at(0) }));
    expect(await names()).toEqual(['300:1699999800']);
    expect(await ttlOf('client-slots')).toBeCloseTo(100, 0);
    await setting.redis.zincrby(
      setting.key('client-slots'),
      -101,
      '300:1699999800',
    );
    await setting.writer.append(exchangeOf(user('42'), { timestamp: at(300) }));
    expect(await names()).toEqual(['300:1700000100']);
  });
});

describe('the list of an address', () => {
  const ADDRESS = '192.0.2.77';
  const list = (): string => setting.key(`sessions:ip:${ADDRESS}`);

  /** As if that many sessions had begun there after those that the test began. */
  const fill = (count: number): Promise<unknown> =>
    setting.redis.eval(
      "for i = 1, ARGV[1] do redis.call('LPUSH', KEYS[1], 'session-' .. i) end",
      1,
      list(),
      String(count),
    );

  it('holds 10,000 sessions, and the open one is never who leaves', async () => {
    const open = await setting.writer.sessionOf(exchangeOf(visitor(ADDRESS)));
    await fill(9999);
    await setting.writer.append(exchangeOf(user('42', ADDRESS)));
    expect(await setting.redis.llen(list())).toBe(10_000);
    expect(await setting.redis.lrange(list(), -2, -1)).toEqual([
      'session-2',
      open,
    ]);
    expect(await setting.store.readSession(open)).not.toBeNull();
    expect(setting.store.capped.sessions).toBe(0);
  });

  it('counts a session that leaves it as one of too many', async () => {
    const ended = await setting.writer.sessionOf(exchangeOf(visitor(ADDRESS)));
    await setting.redis.del(setting.key(`ip:${ADDRESS}`));
    await fill(9999);
    await setting.writer.append(exchangeOf(visitor(ADDRESS)));
    expect(await setting.store.readSession(ended)).toBeNull();
    expect(setting.store.capped.sessions).toBe(1);
  });
});

it('reads and erases nothing of another application by an id that leads to its keys', async () => {
  const others = setting.openStore({}, `${setting.prefix}:session:others`);
  const id = await new TestWriter(others).sessionOf(exchangeOf(user('42')));
  const leading = `others:session:${id}`;
  expect(await setting.redis.exists(setting.key(`${leading}:info`))).toBe(1);
  expect(await setting.store.readSession(leading)).toBeNull();
  expect(await setting.store.readRequests(leading)).toEqual([]);
  expect(await setting.store.eraseSession(leading)).toBeNull();
  expect(await others.readRequests(id)).toHaveLength(1);
});

it('says which store it is, and is closed without harm twice', async () => {
  expect(setting.store.kind).toBe('redis');
  expect(setting.store.partitionOf()).toBe(0);
  await setting.store.open();
  await setting.store.close();
  await setting.store.close();
  await expect(
    setting.store.findSessionId({ userId: '42' }),
  ).rejects.toBeInstanceOf(StoreUnavailableError);
});
