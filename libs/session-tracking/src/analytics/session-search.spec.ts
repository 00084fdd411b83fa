import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import {
  at,
  exchangeOf,
  TestWriter,
  user,
  visitor,
} from '../../testing/record-builders.js';
import { InvalidCursorError } from '../errors/invalid-cursor.error.js';
import {
  truncatedAddresses,
  wholeAddresses,
} from '../model/clients/address-anonymizer.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import { SessionAnalytics } from './session-analytics.js';
import type { SessionQuery } from './session-search.js';

let analytics: SessionAnalytics;
let store: MemorySessionStore;
let writer: TestWriter;

let clock: FakeClock;
const now = (): number => clock.now();
const policy = {
  sessionTtlSeconds: 7200,
  maxSessionSeconds: 10,
  retentionSeconds: 7200,
  maxRecordsPerSession: 10,
  maxSessions: 10_000,
  rollups: { minutes: 86_400, hours: 2_592_000 },
  sampling: { rate: 1 },
};

beforeEach(() => {
  clock = new FakeClock();
  store = new MemorySessionStore(policy, now);
  analytics = new SessionAnalytics(store, policy, wholeAddresses, now);
  writer = new TestWriter(store);
});

/** Sessions of different users, a second apart; every one of them failing where told. */
function createSessions(
  count: number,
  fails: (index: number) => boolean = () => false,
): Promise<string[]> {
  return writer.sessionsOf(
    ...Array.from({ length: count }, (_, index) =>
      exchangeOf(user(`user-${index}`, `10.1.${index % 2}.1`), {
        timestamp: at(index),
        status: fails(index) ? 500 : 200,
      }),
    ),
  );
}

async function idsOf(query: SessionQuery): Promise<string[]> {
  const { sessions } = await analytics.getSessions(query);
  return sessions.map(({ session_id }) => session_id);
}

async function allPages(query: SessionQuery): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const { sessions, next_cursor } = await analytics.getSessions({
      ...query,
      ...(cursor === undefined ? {} : { cursor }),
    });
    pages.push(sessions.map(({ session_id }) => session_id));
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined && pages.length < 200);
  return pages;
}

describe('searching sessions', () => {
  it('answers fifty, newest first, unless told otherwise', async () => {
    const ids = (await createSessions(60)).toReversed();
    expect(await idsOf({})).toEqual(ids.slice(0, 50));
    expect(await allPages({})).toEqual([ids.slice(0, 50), ids.slice(50)]);
    expect(await allPages({ limit: 200 })).toEqual([ids]);
    expect(await allPages({ limit: 60 })).toEqual([ids]);
  });

  it('narrows by user and by address', async () => {
    const ids = await createSessions(6);
    expect(await idsOf({ user_id: 'user-3' })).toEqual([ids[3]]);
    expect(await idsOf({ ip: '10.1.0.1' })).toEqual([ids[4], ids[2], ids[0]]);
    expect(await idsOf({ ip: '::ffff:10.1.0.1', user_id: 'user-2' })).toEqual([
      ids[2],
    ]);
    expect(await idsOf({ ip: '10.1.1.1', user_id: 'user-2' })).toEqual([]);
    expect(await idsOf({ user_id: 'nobody' })).toEqual([]);
  });

  it('finds a user whose id had to be hashed', async () => {
    const long = 'x'.repeat(1000);
    const id = await writer.sessionOf(exchangeOf(user(long)));
    expect(await idsOf({ user_id: long })).toEqual([id]);
    expect(await analytics.getClient({ userId: long })).toMatchObject({
      current_session_id: id,
    });
  });

  it('narrows by time, also for a client', async () => {
    const ids = await createSessions(6);
    expect(await idsOf({ since: at(2), until: at(4) })).toEqual([
      ids[4],
      ids[3],
      ids[2],
    ]);
    expect(await idsOf({ ip: '10.1.0.1', since: at(1), until: at(2) })).toEqual(
      [ids[2]],
    );
  });

  it('narrows by errors, with and without', async () => {
    const ids = await createSessions(9, (index) => index % 3 === 0);
    expect(await idsOf({ has_errors: true })).toEqual([ids[6], ids[3], ids[0]]);
    expect(await idsOf({ has_errors: false })).toHaveLength(6);
    expect(await idsOf({ has_errors: true, ip: '10.1.0.1' })).toEqual([
      ids[6],
      ids[0],
    ]);
    expect(await allPages({ has_errors: true, limit: 1 })).toEqual([
      [ids[6]],
      [ids[3]],
      [ids[0]],
    ]);
  });

  it('pages through the sessions of a client', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 5; round += 1) {
      ids.unshift(
        await writer.sessionOf(
          exchangeOf(user('42'), { timestamp: at(round * 10) }),
        ),
      );
    }
    expect(await allPages({ user_id: '42', limit: 2 })).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
  });

  it('looks at a bounded number of sessions for a rare filter, and goes on from there', async () => {
    const ids = await createSessions(
      4500,
      (index) => index === 3 || index === 4400,
    );
    const pages = await allPages({ has_errors: true, limit: 10 });
    expect(pages).toEqual([[ids[4400]], [], [ids[3]]]);
  });

  it.each([{}, { user_id: '42' }, { ip: '192.0.2.1' }, { has_errors: true }])(
    'refuses a cursor that it never gave, with %j',
    async (query) => {
      await expect(
        analytics.getSessions({ ...query, cursor: 'nonsense' }),
      ).rejects.toBeInstanceOf(InvalidCursorError);
    },
  );
});

describe('a client', () => {
  it('is its open session and those retained', async () => {
    const first = await writer.sessionOf(exchangeOf(user('42', '192.0.2.1')));
    const second = await writer.sessionOf(
      exchangeOf(user('42', '192.0.2.2'), { timestamp: at(10) }),
    );
    const found = await analytics.getClient({ userId: '42' });
    expect(found).toMatchObject({ user_id: '42', current_session_id: second });
    expect(found?.sessions.map(({ session_id }) => session_id)).toEqual([
      second,
      first,
    ]);
    expect(found).not.toHaveProperty('client_ip');
  });

  it('may be an address without a session of its own', async () => {
    const id = await writer.sessionOf(exchangeOf(user('42', '192.0.2.1')));
    const found = await analytics.getClient({ ip: '192.0.2.1' });
    expect(found).toMatchObject({
      client_ip: '192.0.2.1',
      current_session_id: null,
    });
    expect(found?.sessions.map(({ session_id }) => session_id)).toEqual([id]);
  });

  it('is null when nothing is stored about it', async () => {
    await writer.append(exchangeOf(visitor('192.0.2.1')));
    expect(await analytics.getClient({ userId: 'nobody' })).toBeNull();
    expect(await analytics.getClient({ ip: '203.0.113.9' })).toBeNull();
  });
});

describe('one session', () => {
  it('is answered as document, history and journey, or null', async () => {
    const id = await writer.sessionOf(
      exchangeOf(user('42'), { id: 'late', timestamp: at(2) }),
      exchangeOf(user('42'), { id: 'early', timestamp: at(1) }),
    );
    expect(await analytics.getSession(id)).toMatchObject({ session_id: id });
    const history = await analytics.getHistory(id);
    expect(history?.responses.map(({ request_id }) => request_id)).toEqual([
      'early',
      'late',
    ]);
    const journey = await analytics.getJourney(id);
    expect(journey?.entries.map(({ request_id }) => request_id)).toEqual([
      'early',
      'late',
    ]);
    for (const ask of ['getSession', 'getHistory', 'getJourney'] as const) {
      expect(await analytics[ask]('unknown')).toBeNull();
    }
  });

  it('can be erased', async () => {
    const id = await writer.sessionOf(exchangeOf(user('42')));
    expect(await analytics.eraseSession(id)).toEqual({
      erased_sessions: 1,
      erased_requests: 1,
      erased_responses: 1,
    });
    expect(await analytics.getSession(id)).toBeNull();
    expect(await analytics.eraseSession(id)).toBeNull();
  });

  it('finds by any address of the network where addresses are truncated', async () => {
    await writer.append(exchangeOf(visitor('203.0.113.0')));
    const truncating = new SessionAnalytics(
      store,
      policy,
      truncatedAddresses,
      now,
    );
    for (const ip of ['203.0.113.7', '203.0.113.0', '::ffff:203.0.113.99']) {
      const { sessions } = await truncating.getSessions({ ip });
      expect(sessions).toMatchObject([{ client_ip: '203.0.113.0' }]);
      expect(await truncating.getClient({ ip })).toMatchObject({
        client_ip: '203.0.113.0',
        sessions: [{ client_ip: '203.0.113.0' }],
      });
    }
    expect(await truncating.getClient({ ip: '203.0.114.7' })).toBeNull();
  });
});
