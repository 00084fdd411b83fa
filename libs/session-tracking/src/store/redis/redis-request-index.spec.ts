import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  moment,
  responseRecord,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import type { Exchange } from '../../model/records/exchange.js';
import { useRedis } from '../../../testing/redis-setting.js';
import { CONFORMANCE_POLICY } from '../../../testing/session-store-conformance.js';

const setting = useRedis();

/** How many requests the index holds. */
async function countEntries(): Promise<number> {
  const keys = await setting.redis.keys(setting.key('request:*'));
  const counts = await Promise.all(keys.map((key) => setting.redis.hlen(key)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Makes all sessions that there are the first to make room. */
async function leaveUnused(): Promise<void> {
  const expiry = setting.key('expiry');
  for (const id of await setting.redis.zrange(expiry, '0', '-1')) {
    await setting.redis.zincrby(expiry, -20, id);
  }
}

function requestsOf(
  name: string,
  first: number,
  count: number,
  timestamp = moment(),
): Exchange[] {
  return Array.from({ length: count }, (_, index) =>
    exchangeOf(user(name), { id: `${name}${first + index}`, timestamp }),
  );
}

/** Stores two long sessions, of which the first is the first to make room. */
async function storeTwoSessions(arrivalOfFirst = moment()): Promise<void> {
  await setting.writer.append(...requestsOf('a', 0, 600, arrivalOfFirst));
  await leaveUnused();
  await setting.writer.append(...requestsOf('b', 0, 600));
  await leaveUnused();
}

async function storeTwoMore(): Promise<void> {
  await setting.writer.append(
    ...requestsOf('c', 0, 1),
    ...requestsOf('d', 0, 1),
  );
}

describe('the index of requests', () => {
  const policy = {
    ...CONFORMANCE_POLICY,
    sessionTtlSeconds: 6400,
    retentionSeconds: 6400,
    maxSessionSeconds: 100_000,
  };

  it('is written anew in time for long sessions that come back late together', async () => {
    setting.use(policy);
    const ids: string[] = [];
    for (const name of ['a', 'b']) {
      for (let first = 0; first < 600; first += 100) {
        ids.push(
          ...(await setting.writer.sessionsOf(...requestsOf(name, first, 100))),
        );
      }
    }
    await setting.age(setting.prefix, 0.9 * 6400, policy);
    await setting.writer.append(
      exchangeOf(user('a'), { timestamp: moment() }),
      exchangeOf(user('b'), { timestamp: moment() }),
    );
    await setting.age(setting.prefix, 0.7 * 6400, policy);
    expect(await setting.store.findRequest('a599')).toBe(ids[0]);
    expect(await setting.store.findRequest('b599')).toBe(ids[600]);
  });

  it('costs a response nothing where the list of requests is another program’s', async () => {
    setting.use(policy);
    const client = user('42');
    const session = await setting.writer.sessionOf(
      exchangeOf(client, { timestamp: moment() }),
    );
    const requests = setting.key(`${session}:requests`);
    await setting.redis.set(requests, 'of theirs', 'EX', 6400);
    await setting.age(setting.prefix, 4000, policy);
    const { exchanges } = await setting.writer.append({
      client,
      response: responseRecord({ timestamp: moment() }),
    });
    expect(exchanges[0]?.outcome).toBe('stored');
    expect(await setting.redis.ttl(setting.key(`${session}:info`))).toBeCloseTo(
      6400,
      -1,
    );
  });
});

describe('what leaves the index of requests', () => {
  it('is what a full list lets go', async () => {
    setting.use({ ...CONFORMANCE_POLICY, maxRecordsPerSession: 10 });
    const id = await setting.writer.sessionOf(...requestsOf('a', 0, 7));
    await setting.writer.append(...requestsOf('a', 7, 7));
    expect(await countEntries()).toBe(10);
    expect(await setting.store.findRequest('a3')).toBeNull();
    expect(await setting.store.findRequest('a4')).toBe(id);
    await setting.writer.append(...requestsOf('a', 14, 25));
    expect(await countEntries()).toBe(10);
    expect(await setting.store.findRequest('a28')).toBeNull();
    expect(await setting.store.findRequest('a29')).toBe(id);
  });

  it('is nothing of another session with a request of the same id', async () => {
    setting.use({ ...CONFORMANCE_POLICY, maxRecordsPerSession: 1 });
    const timestamp = moment();
    await setting.writer.append(
      exchangeOf(user('a'), { id: 'same', timestamp }),
    );
    const later = await setting.writer.sessionOf(
      exchangeOf(user('b'), { id: 'same', timestamp: timestamp + 1 }),
    );
    await setting.writer.append(
      exchangeOf(user('a'), { id: 'next', timestamp }),
    );
    expect(await setting.store.findRequest('same')).toBe(later);
  });

  it('is not the request of a batch that lets an earlier one of the same id go', async () => {
    setting.use({
      ...CONFORMANCE_POLICY,
      maxRecordsPerSession: 1,
      maxSessions: 2,
    });
    await setting.writer.append(...requestsOf('longest unused', 0, 1));
    await leaveUnused();
    const again = exchangeOf(user('a'), { id: 'same', timestamp: moment() });
    const id = await setting.writer.sessionOf(again);
    // Also where a session makes room afterwards.
    await setting.writer.append(again, ...requestsOf('b', 0, 1));
    expect(await setting.store.findRequest('same')).toBe(id);
    expect(await countEntries()).toBe(2);
  });

  it('is what sessions held that make room for others', async () => {
    setting.use({ ...CONFORMANCE_POLICY, maxSessions: 5 });
    for (let batch = 0; batch < 4; batch += 1) {
      const names = [0, 1, 2, 3, 4].map((index) => `u${batch}${index}:`);
      await setting.writer.append(
        ...names.flatMap((name) => requestsOf(name, 0, 3)),
      );
    }
    const { sessions } = await setting.store.listSessions({ limit: 100 });
    expect(sessions).toHaveLength(5);
    expect(await countEntries()).toBe(15);
    for (const { session_id, user_id } of sessions) {
      expect(await setting.store.findRequest(`${user_id}2`)).toBe(session_id);
    }
  });

  it.each([
    ['a user', user('a'), 'user:a'],
    ['an address', visitor('192.0.2.1'), 'ip:192.0.2.1'],
  ])(
    'is what the oldest of too many sessions of %s held',
    async (_, client, owner) => {
      await setting.writer.append(
        exchangeOf(client, { id: 'oldest', timestamp: moment() }),
      );
      await setting.redis.del(setting.key(owner));
      await setting.redis.eval(
        "for i = 1, 9999 do redis.call('LPUSH', KEYS[1], 'session-' .. i) end",
        1,
        setting.key(`sessions:${owner}`),
      );
      await setting.writer.append(
        exchangeOf(client, { id: 'newest', timestamp: moment() }),
      );
      expect(await countEntries()).toBe(1);
    },
  );

  it('is looked for also where it was stored a little later than it came', async () => {
    // Slices of a second.
    setting.use({
      ...CONFORMANCE_POLICY,
      sessionTtlSeconds: 64,
      retentionSeconds: 64,
      maxRecordsPerSession: 1,
    });
    for (const timestamp of [moment() - 5, moment() + 5, moment()]) {
      await setting.writer.append(exchangeOf(user('a'), { timestamp }));
    }
    expect(await countEntries()).toBe(1);
  });

  describe('a thousand entries in a batch, so that it ends soon', () => {
    // Slices of days, so that none is looked for in two.
    const policy = { ...CONFORMANCE_POLICY, retentionSeconds: 31_536_000 };

    it('with sessions that make room', async () => {
      setting.use({ ...policy, maxSessions: 2 });
      await storeTwoSessions();
      await storeTwoMore();
      expect(await countEntries()).toBe(2 + 200);
    });

    it('also where they came by a clock that is ahead, and are not found', async () => {
      setting.use({ ...policy, maxSessions: 2 });
      await storeTwoSessions(moment() + 6 * 86_400);
      await storeTwoMore();
      expect(await countEntries()).toBe(2 + 600 + 200);
    });

    it('also where slices are short, and each is looked for in many', async () => {
      setting.use({
        ...CONFORMANCE_POLICY,
        sessionTtlSeconds: 64,
        retentionSeconds: 64,
        maxRecordsPerSession: 100,
      });
      await setting.writer.append(...requestsOf('a', 0, 100));
      await setting.writer.append(...requestsOf('a', 100, 100));
      expect(await countEntries()).toBeGreaterThan(100);
      expect(await countEntries()).toBeLessThan(200);
    });

    it('where lists are to be much shorter than they were', async () => {
      setting.use(policy);
      await storeTwoSessions();
      setting.use({ ...policy, maxRecordsPerSession: 1 });
      await setting.writer.append(
        ...requestsOf('a', 600, 1),
        ...requestsOf('b', 600, 1),
      );
      expect(await countEntries()).toBe(2 + 200);
    });
  });

  it('is nothing of a list that is as long as it was', async () => {
    const policy = {
      ...CONFORMANCE_POLICY,
      sessionTtlSeconds: 7200,
      retentionSeconds: 7200,
      maxSessionSeconds: 10_800,
    };
    setting.use(policy);
    const end = moment();
    const ended = await setting.writer.sessionOf(
      ...[1, 2, 3].map((id) =>
        exchangeOf(user('a'), { id: `a${id}`, timestamp: end - 11_000 }),
      ),
    );
    await setting.age(setting.prefix, 7000, policy);
    setting.use({ ...policy, maxRecordsPerSession: 1 });
    await setting.writer.append(exchangeOf(user('a'), { timestamp: end }));
    await setting.age(setting.prefix, 5000, policy);
    expect(await setting.store.findRequest('a1')).toBe(ended);
  });
});

it('lists a session that ended by age, and finds its requests, as long as its data stays', async () => {
  const policy = {
    ...CONFORMANCE_POLICY,
    sessionTtlSeconds: 7200,
    retentionSeconds: 7200,
    maxSessionSeconds: 10_800,
  };
  setting.use(policy);
  const end = moment();
  const ended = await setting.writer.sessionOf(
    exchangeOf(user('42'), { id: 'first', timestamp: end - 11_000 }),
  );
  await setting.age(setting.prefix, 2800, policy);
  await setting.writer.append(
    exchangeOf(user('42'), { id: 'second', timestamp: end - 8200 }),
  );
  await setting.age(setting.prefix, 7100, policy);
  const next = await setting.writer.sessionOf(
    exchangeOf(user('42'), { id: 'third', timestamp: end }),
  );
  await setting.age(setting.prefix, 1000, policy);
  await setting.writer.append(exchangeOf(user('43'), { timestamp: end }));

  const { sessions } = await setting.store.listSessions({ limit: 10 });
  expect(sessions.map(({ session_id }) => session_id)).toEqual(
    expect.arrayContaining([ended, next]),
  );
  expect(await setting.store.findRequest('first')).toBe(ended);
  expect(await setting.store.findRequest('second')).toBe(ended);
});
