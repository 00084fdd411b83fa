import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  heapAfterFullCollection,
  heapAfterMinorCollections,
} from '../../../../testing/garbage-collection.js';
import {
  exchangeOf,
  later,
  user,
} from '../../../../testing/record-builders.js';
import { useRedis } from '../../../../testing/redis-setting.js';

const setting = useRedis();

/** Sessions with so many requests each, and as many responses. */
async function createSessions(
  count: number,
  requests: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    ids.push(
      await setting.writer.sessionOf(
        ...Array.from({ length: requests }, (_, request) =>
          exchangeOf(user(`user-${number}`), { id: `${number}-${request}` }),
        ),
      ),
    );
  }
  return ids;
}

/** The ids of the requests and of the responses of sessions that are read in one go. */
async function readTogether(
  ids: readonly string[],
): Promise<(string[][] | null)[]> {
  const histories = await Promise.all(
    ids.map((id) => setting.store.readSession(id)),
  );
  return histories.map(
    (history) =>
      history &&
      [history.requests, history.responses].map((records) =>
        records.map(({ request_id }) => request_id),
      ),
  );
}

/** How often each command ran while something was done, also from within scripts. */
async function commandsDuring(
  act: () => Promise<unknown>,
): Promise<Map<string, number>> {
  await setting.redis.config('RESETSTAT');
  await act();
  const stats = await setting.redis.info('commandstats');
  return new Map(
    [...stats.matchAll(/^cmdstat_(\w+):calls=(\d+)/gm)].map(
      ([, command = '', calls]) => [command, Number(calls)],
    ),
  );
}

function idsOf(session: number, requests: number): string[][] {
  const ids = Array.from({ length: requests }, (_, i) => `${session}-${i}`);
  return [ids, ids];
}

describe('sessions that are read in one go', () => {
  it('are each answered with the own records, whatever else is asked for', async () => {
    const ids = await createSessions(60, 3);
    const gone = randomUUID();
    const read = await readTogether([...ids, gone, 'no id', ...ids]);
    const expected = ids.map((_, session) => idsOf(session, 3));
    expect(read).toEqual([...expected, null, null, ...expected]);
  });

  it('share calls of at most 25 sessions', async () => {
    const ids = await createSessions(60, 1);
    await setting.store.readSession(ids[0] ?? '');
    const commands = await commandsDuring(() => readTogether(ids));
    expect(commands.get('evalsha')).toBe(3);
  });

  it('share no call where they have more than 1,000 records together', async () => {
    const ids = await createSessions(4, 300);
    await setting.store.readSession(ids[0] ?? '');
    let read: unknown;
    const commands = await commandsDuring(async () => {
      read = await readTogether(ids);
    });
    expect(commands.get('evalsha')).toBe(4);
    expect(commands.get('lrange')).toBe(8);
    expect(read).toEqual(ids.map((_, session) => idsOf(session, 300)));
  });

  it('are read without anything else where their requests are all that is wanted', async () => {
    const ids = await createSessions(4, 300);
    await setting.store.readRequests(ids[0] ?? '');
    let read: (readonly { request_id: string }[])[] = [];
    const commands = await commandsDuring(async () => {
      read = await Promise.all(ids.map((id) => setting.store.readRequests(id)));
    });
    expect(commands.get('evalsha')).toBe(2);
    expect(commands.get('lrange')).toBe(4);
    expect(commands.has('hgetall')).toBe(false);
    expect(
      read.map((list) => list.map(({ request_id }) => request_id)),
    ).toEqual(ids.map((_, session) => idsOf(session, 300)[0]));
  });

  it('are read whole, however many records one has', async () => {
    const [id = ''] = await createSessions(1, 1000);
    expect(await readTogether([id])).toEqual([idsOf(0, 1000)]);
  });

  it('are read at one moment each', async () => {
    const ids = await createSessions(10, 1);
    const state = { writing: true };
    const written = (async () => {
      for (let round = 0; round < 100; round += 1) {
        const exchanges = ids.map((_, number) =>
          exchangeOf(user(`user-${number}`)),
        );
        await setting.writer.append(...exchanges);
      }
      state.writing = false;
    })();
    while (state.writing) {
      const histories = await Promise.all(
        ids.map((id) => setting.store.readSession(id)),
      );
      for (const history of histories) {
        expect(history?.requests).toHaveLength(
          history?.info.request_count ?? 0,
        );
        expect(history?.responses).toHaveLength(
          history?.info.response_count ?? 0,
        );
      }
    }
    await written;
  });
});

describe('a session that another program has written into', () => {
  let ids: string[];
  /** A key of the second of three sessions. */
  const keyOf = (name: string): string => setting.key(`${ids[1]}:${name}`);

  beforeEach(async () => {
    ids = await createSessions(3, 2);
  });

  it.each(['nonsense', '{"a":', '7', '{"a":1},{"b":2}', '"', '{"a":1'])(
    'keeps its own records beside %s, and harms no other',
    async (foreign) => {
      await setting.redis.linsert(
        keyOf('requests'),
        'BEFORE',
        (await setting.redis.lindex(keyOf('requests'), 1)) ?? '',
        foreign,
      );
      expect(await readTogether(ids)).toEqual([
        idsOf(0, 2),
        idsOf(1, 2),
        idsOf(2, 2),
      ]);
    },
  );

  it('has no records where a list is none, and harms no other', async () => {
    await setting.redis.set(keyOf('responses'), 'foreign');
    expect(await readTogether(ids)).toEqual([
      idsOf(0, 2),
      [['1-0', '1-1'], []],
      idsOf(2, 2),
    ]);
  });

  it('is none where its info is none, and harms no other', async () => {
    await setting.redis.set(keyOf('info'), 'foreign');
    expect(await readTogether(ids)).toEqual([idsOf(0, 2), null, idsOf(2, 2)]);
    const { sessions } = await setting.store.listSessions({
      limit: 10,
      until: later(),
    });
    expect(new Set(sessions.map(({ session_id }) => session_id))).toEqual(
      new Set([ids[0], ids[2]]),
    );
  });
});

describe('sessions without their records', () => {
  it('are read 50 in a call', async () => {
    await createSessions(120, 1);
    await setting.store.listSessions({ limit: 1 });
    const commands = await commandsDuring(() =>
      setting.store.listSessions({ limit: 200 }),
    );
    expect(commands.get('evalsha')).toBe(3);
    expect(commands.get('hgetall')).toBe(120);
  });

  it('do not wait for the whole of a long list where few are asked for', async () => {
    await setting.writer.append(
      ...Array.from({ length: 450 }, (_, number) =>
        exchangeOf(user(`user-${number}`)),
      ),
    );
    await setting.store.listSessions({ limit: 1 });
    const answered: string[] = [];
    await Promise.all([
      setting.store
        .listActiveSessions({ since: 0, until: Infinity, limit: 450 })
        .then(({ sessions }) => answered.push(`long: ${sessions.length}`)),
      setting.store
        .listSessions({ limit: 1 })
        .then(({ sessions }) => answered.push(`short: ${sessions.length}`)),
    ]);
    expect(answered).toEqual(['short: 1', 'long: 450']);
  });
});

it('leaves nothing of what was read to be held until a full collection', async () => {
  const ids = await createSessions(25, 40);
  await readTogether(ids);
  const before = heapAfterFullCollection();
  for (let round = 0; round < 40; round += 1) {
    await readTogether(ids);
  }
  // Forty replies are more than 7 MB.
  expect(heapAfterMinorCollections() - before).toBeLessThan(3e6);
});
