import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { keepBusy } from '../../../testing/keep-busy.js';
import {
  exchangeOf,
  requestRecord,
  responseRecord,
  START,
  TestWriter,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import { isTotal, useRedis } from '../../../testing/redis-setting.js';
import { slotAt } from '../../model/totals/time-slot.js';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { RedisConnections } from './connection/redis-connections.js';
import type { Exchange } from '../../model/records/exchange.js';

const setting = useRedis();

/** Everything under the setting.prefix but writers' entries, to see whether anything changed. */
async function snapshot(): Promise<Record<string, string | undefined>> {
  const all: Record<string, string | undefined> = {};
  for (const key of (
    await setting.redis.keys(`${setting.prefix}:*`)
  ).toSorted()) {
    if (!key.includes(':writer:')) {
      all[key] = (await setting.redis.dumpBuffer(key))?.toString('hex');
    }
  }
  return all;
}

/** Whether a key belongs to no session of its own. */
function isShared(key: string): boolean {
  return /:session:(?:index$|expiry$|sessions:)/.test(key) || isTotal(key);
}

/** As `snapshot`, without the totals, which count a rejected request too. */
async function snapshotOfSessions(): Promise<
  Record<string, string | undefined>
> {
  return Object.fromEntries(
    Object.entries(await snapshot()).filter(([key]) => !isTotal(key)),
  );
}

describe('a Redis that other programs disturb', () => {
  it('forgets its scripts and still stores each batch once', async () => {
    const client = user('42');
    let id = '';
    for (let round = 0; round < 5; round += 1) {
      await setting.redis.script('FLUSH');
      id = await setting.writer.sessionOf(
        exchangeOf(client, { id: String(round) }),
      );
    }
    await setting.redis.script('FLUSH');
    const history = await setting.store.readSession(id);
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
    ]);
    expect(await setting.store.eraseSession(id)).not.toBeNull();
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
      const id = await setting.writer.sessionOf(
        exchangeOf(user('poisoned'), { id: 'before' }),
      );
      const key = setting.key(keyOf(id));
      await setting.redis.del(key);
      await (value === 'list'
        ? setting.redis.rpush(key, 'foreign')
        : setting.redis.set(key, 'foreign'));
      return id;
    }

    it('rejects that client alone, and stores nothing half', async () => {
      await poison();
      const before = await snapshotOfSessions();
      const { exchanges: answers } = await setting.writer.append(
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
      const well = await setting.store.readSession(answers[0]?.sessionId ?? '');
      expect(well?.requests.map(({ request_id }) => request_id)).toEqual([
        'a',
        'c',
      ]);
      expect(
        await setting.store.readSession(answers[2]?.sessionId ?? ''),
      ).not.toBeNull();

      const after = await snapshotOfSessions();
      const touched = Object.keys(before).filter(
        (key) => after[key] !== before[key] && !isShared(key),
      );
      expect(touched).toEqual([]);
      expect(
        Object.keys(after).filter((key) => key.includes('poisoned')),
      ).toEqual(Object.keys(before).filter((key) => key.includes('poisoned')));
      expect(await setting.redis.zcard(setting.key('index'))).toBe(3);
    });

    it('answers a retry of that batch alike', async () => {
      await poison();
      for (const wantsSessionIds of [true, false]) {
        const batch = setting.writer.batch(
          [exchangeOf(user('poisoned')), exchangeOf(user('well'))],
          { wantsSessionIds },
        );
        const answer = await setting.store.prepare(batch).append();
        expect(answer.exchanges.map(({ outcome }) => outcome)).toEqual([
          'rejected',
          'stored',
        ]);
        expect(await setting.store.prepare(batch).append()).toEqual(answer);
      }
    });

    it('rejects requests and responses that come alone where they would not fit', async () => {
      const id = await poison();
      const before = await snapshotOfSessions();
      const { exchanges } = await setting.writer.append({
        client: user('poisoned'),
        ...(keyOf(id).endsWith(':responses')
          ? { response: responseRecord() }
          : { request: requestRecord() }),
      });
      expect(exchanges[0]?.outcome).toBe('rejected');
      expect(await snapshotOfSessions()).toEqual(before);
    });
  });

  it.each([
    { key: 'index', client: user('42') },
    { key: 'expiry', client: user('42') },
    { key: 'sessions:user:42', client: user('42') },
    { key: 'sessions:ip:192.0.2.1', client: user('42', '192.0.2.1') },
    { key: 'sessions:ip:192.0.2.1', client: visitor('192.0.2.1') },
  ])(
    'has a foreign type in the shared key $key, which costs no record of $client',
    async ({ key, client }) => {
      await setting.redis.set(setting.key(key), 'foreign');
      const id = await setting.writer.sessionOf(exchangeOf(client));
      await setting.writer.append(exchangeOf(client));
      await setting.age(setting.prefix, 5);
      await setting.writer.append(exchangeOf(client));
      const history = await setting.store.readSession(id);
      expect(history?.info.request_count).toBe(3);
      expect(history?.requests).toHaveLength(3);
    },
  );

  it.each([
    'request_count',
    'response_count',
    'error_count',
    'duration_us_total',
  ] as const)(
    'has no number in the counter %s, which counts as none',
    async (counter) => {
      const failed = { status: 500, duration: 2 };
      const id = await setting.writer.sessionOf(exchangeOf(user('42'), failed));
      const infoKey = setting.key(`${id}:info`);
      await setting.redis.hset(infoKey, counter, 'foreign');
      expect((await setting.store.readSession(id))?.info[counter]).toBe(0);
      await setting.writer.append(exchangeOf(user('42'), failed));
      const { info } = (await setting.store.readSession(id)) ?? {};
      expect(info).toMatchObject({
        request_count: 2,
        response_count: 2,
        error_count: 2,
        duration_us_total: 4000,
        [counter]: counter === 'duration_us_total' ? 2000 : 1,
      });
    },
  );

  const second = Math.floor(Date.now() / 1000);
  it.each(['foreign', 'of ten let', '', `${second}.x`, `${second}.5.1`])(
    'has %j for the time at which a session began, which ends it',
    async (createdAt) => {
      const client = user('42');
      const id = await setting.writer.sessionOf(exchangeOf(client));
      await setting.redis.hset(
        setting.key(`${id}:info`),
        'created_at',
        createdAt,
      );
      const next = await setting.writer.sessionOf(exchangeOf(client));
      expect(next).not.toBe(id);
      expect((await setting.store.readSession(next))?.requests).toHaveLength(1);
      expect(await setting.writer.sessionOf(exchangeOf(client))).toBe(next);
    },
  );

  it('answers while the event loop lags, which is in time', async () => {
    const store = setting.openStoreAt(setting.url, 50);
    try {
      const writer = new TestWriter(store);
      await writer.append(exchangeOf(user('42')));
      await setting.redis.client('PAUSE', 20);
      const appended = writer.append(exchangeOf(user('42')));
      await setImmediate();
      keepBusy(200);
      const { exchanges } = await appended;
      expect(exchanges[0]?.outcome).toBe('stored');
    } finally {
      await store.close();
    }
  });

  it('breaks a batch off, of which nothing is stored again and all counts as rejected', async () => {
    await setting.writer.append(exchangeOf(user('42')));
    const before = await snapshotOfSessions();
    const entry = setting.key(`writer:${setting.writer.writer}`);
    const batch = setting.writer.batch([
      exchangeOf(user('42')),
      exchangeOf(user('43')),
      exchangeOf(user('42')),
    ]);
    expect(await setting.redis.hget(entry, 'begun')).toBe(
      String(batch.sequence - 1),
    );
    // As the script leaves it when it breaks off.
    await setting.redis.hset(entry, 'begun', batch.sequence);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const { exchanges } = await setting.store.prepare(batch).append();
      expect(exchanges.map(({ outcome }) => outcome)).toEqual([
        'rejected',
        'rejected',
        'rejected',
      ]);
    }
    expect(await snapshotOfSessions()).toEqual(before);
    const next = await setting.writer.append(exchangeOf(user('42')));
    expect(next.exchanges[0]?.outcome).toBe('stored');
  });

  it('made the totals of clients, or took their expiry, and an erasure finds them all the same', async () => {
    const length = setting.store.clientSlotLength;
    const key = setting.key(`clients:${length}:${START - (START % length)}`);
    await setting.redis.hset(key, 'foreign', 'x');
    await setting.writer.append(exchangeOf(user('42')), exchangeOf(user('43')));
    expect(await setting.redis.ttl(key)).toBeGreaterThan(0);
    await setting.store.eraseClient({ userId: '42' });
    expect(await setting.redis.hexists(key, 'user:42')).toBe(0);
    expect(await setting.redis.hexists(key, 'user:43')).toBe(1);
    await setting.redis.persist(key);
    await setting.writer.append(exchangeOf(user('43')));
    expect(await setting.redis.ttl(key)).toBeGreaterThan(0);
  });

  it.each(['sessions:user:42', 'sessions:ip:192.0.2.1'])(
    'has a foreign type in %s, which goes like what it took the place of',
    async (key) => {
      await setting.redis.set(setting.key(key), 'foreign');
      await setting.writer.append(exchangeOf(user('42', '192.0.2.1')));
      expect(await setting.redis.ttl(setting.key(key))).toBeGreaterThan(0);
    },
  );

  it('has no time at which a session was renewed, which renews it', async () => {
    const id = await setting.writer.sessionOf(exchangeOf(user('42')));
    const infoKey = setting.key(`${id}:info`);
    await setting.redis.hset(infoKey, 'expiry_renewed_at', 'foreign');
    await setting.redis.expire(infoKey, 5);
    await setting.writer.append(exchangeOf(user('42')));
    expect(await setting.redis.ttl(infoKey)).toBeGreaterThan(5);
    expect(await setting.redis.hget(infoKey, 'expiry_renewed_at')).toMatch(
      /^\d{10}$/,
    );
  });

  it.each(['index', 'expiry', 'sessions:user:42', 'user:42'])(
    'has a foreign type in %s, which counts as missing for whoever reads',
    async (key) => {
      const { store } = setting;
      const id = await setting.writer.sessionOf(exchangeOf(user('42')));
      await setting.redis.del(setting.key(key));
      await setting.redis.hset(setting.key(key), 'foreign', '1');
      expect((await store.listSessions({ limit: 10 })).sessions).toHaveLength(
        key === 'index' ? 0 : 1,
      );
      const active = await store.listActiveSessions({
        since: START - 1,
        until: START + 1,
        limit: 10,
      });
      expect(active.sessions).toHaveLength(
        key === 'index' || key === 'expiry' ? 0 : 1,
      );
      expect(await store.listSessionsOfClient({ userId: '42' })).toHaveLength(
        key === 'sessions:user:42' ? 0 : 1,
      );
      expect(await store.findSessionId({ userId: '42' })).toBe(
        key === 'user:42' ? null : id,
      );
    },
  );

  it('has a foreign type in a slot of different clients, which counts as missing', async () => {
    const slots = [0, 60, 120].map((later) => slotAt(START + later, 60));
    for (const [index, { start }] of slots.entries()) {
      await setting.writer.append(
        exchangeOf(user(String(index)), { timestamp: start }),
      );
    }
    await setting.redis.del(setting.key(`unique:60:${slots[1]?.start}`));
    await setting.redis.lpush(
      setting.key(`unique:60:${slots[1]?.start}`),
      'foreign',
    );
    expect(await setting.store.countClients(slots.slice(1, 2))).toBe(0);
    expect(await setting.store.countClients(slots)).toBe(2);
  });

  it('has a foreign type in the writer’s entry, which costs no record', async () => {
    const key = setting.key(`writer:${setting.writer.writer}`);
    await setting.redis.rpush(key, 'foreign');
    const id = await setting.writer.sessionOf(exchangeOf(user('42')));
    expect((await setting.store.readSession(id))?.requests).toHaveLength(1);
  });

  it('points to a session that is gone: a new one begins', async () => {
    const old = await setting.writer.sessionOf(exchangeOf(user('42')));
    await setting.redis.del(setting.key(`${old}:info`));
    const id = await setting.writer.sessionOf(exchangeOf(user('42')));
    expect(id).not.toBe(old);
    expect((await setting.store.readSession(id))?.info.request_count).toBe(1);
  });

  it.each(['sessions:user:42', 'sessions:ip:192.0.2.1', 'index', 'expiry'])(
    'can erase a session though %s holds a foreign type',
    async (key) => {
      const id = await setting.writer.sessionOf(
        exchangeOf(user('42', '192.0.2.1')),
      );
      await setting.redis.set(setting.key(key), 'foreign');
      expect(await setting.store.eraseSession(id)).toMatchObject({
        erased_sessions: 1,
      });
      const left = Object.entries(await setting.keyTypes()).filter(
        ([name, type]) =>
          !name.startsWith('writer:') &&
          !name.startsWith('erased') &&
          !isTotal(name) &&
          (type !== 'string' || name === 'user:42'),
      );
      const values = await Promise.all(
        left.map(([name, type]) =>
          type === 'list'
            ? setting.redis.lrange(setting.key(name), 0, -1)
            : type === 'zset'
              ? setting.redis.zrange(setting.key(name), '0', '-1')
              : setting.redis.get(setting.key(name)),
        ),
      );
      expect(JSON.stringify(values)).not.toContain(id);
    },
  );
});

it('may have done part of what failed within a script, and nothing of what it refused', async () => {
  const connections = new RedisConnections(() => Promise.resolve(setting.url), {
    writer: 5000,
    reader: 5000,
  });
  const fail = (script: string): Promise<unknown> =>
    connections.ask('writer', 'run a script', (redis) =>
      redis.eval(script, 1, setting.key('written')),
    );
  await expect(
    fail("redis.call('SET', KEYS[1], 'x') error('too late')"),
  ).rejects.toMatchObject({ mayBeDone: true });
  await expect(
    fail("return redis.error_reply('GAP in between')"),
  ).rejects.toMatchObject({ mayBeDone: false });
  connections.close();
});

describe('a Redis that takes no writes', () => {
  afterEach(async () => {
    await setting.redis.config('SET', 'maxmemory', '0');
    await setting.redis.config('SET', 'maxmemory-policy', 'noeviction');
  });

  it('rejects a batch for want of memory, and stores it once when there is some', async () => {
    const client = user('42');
    const first = await setting.writer.sessionOf(
      exchangeOf(client, { id: 'before' }),
    );
    const before = await snapshot();
    const batch = setting.writer.batch([
      exchangeOf(client, { id: 'during' }),
      exchangeOf(visitor('192.0.2.9')),
    ]);
    await setting.redis.config('SET', 'maxmemory', '1');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const rejection = setting.store.prepare(batch).append();
      await expect(rejection).rejects.toBeInstanceOf(StoreUnavailableError);
      await expect(rejection).rejects.toThrow('maxmemory');
    }
    expect(await snapshot()).toEqual(before);

    await setting.redis.config('SET', 'maxmemory', '0');
    const answer = await setting.store.prepare(batch).append();
    expect(await setting.store.prepare(batch).append()).toEqual(answer);
    expect(answer.exchanges.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'stored',
    ]);
    const history = await setting.store.readSession(first);
    expect(history?.requests.map(({ request_id }) => request_id)).toEqual([
      'before',
      'during',
    ]);
    expect(history?.info.request_count).toBe(2);
  });

  it('still answers questions', async () => {
    const id = await setting.writer.sessionOf(exchangeOf(user('42')));
    await setting.redis.config('SET', 'maxmemory', '1');
    expect(await setting.store.findSessionId({ userId: '42' })).toBe(id);
    expect(
      (await setting.store.listSessions({ limit: 5 })).sessions,
    ).toHaveLength(1);
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
    const batch = setting.writer.batch([
      exchangeOf(user('a'), { id: 'a' }),
      { client: user('odd'), ...records },
      exchangeOf(user('b'), { id: 'b' }),
      exchangeOf(visitor('192.0.2.9'), { id: 'c' }),
    ]);
    const prepared = setting.store.prepare(batch);
    const { exchanges } = await prepared
      .append()
      .catch(() => prepared.append());
    const others = exchanges.filter((_answer, index) => index !== 1);
    expect(others.map(({ outcome }) => outcome)).toEqual([
      'stored',
      'stored',
      'stored',
    ]);
    const ids: string[] = [];
    for (const { sessionId } of others) {
      const history = await setting.store.readSession(sessionId);
      ids.push(
        ...(history?.requests ?? []).map(({ request_id }) => request_id),
      );
    }
    expect(ids).toEqual(['a', 'b', 'c']);
    const { sessions } = await setting.store.listSessions({ limit: 10 });
    expect(sessions.length).toBeLessThanOrEqual(4);
  });
});
