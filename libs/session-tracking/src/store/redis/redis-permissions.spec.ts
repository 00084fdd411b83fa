import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  leftOut,
  START,
  TestWriter,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import { useRedis } from '../../../testing/redis-setting.js';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import { slotAt } from '../../model/totals/time-slot.js';
import type { RedisSessionStore } from './redis-session-store.js';

const setting = useRedis();

const SCRIPTS = new URL('scripts/', import.meta.url);
const DOCUMENT = new URL(
  '../../../../../docs/compatibility.md',
  import.meta.url,
);

function documentedCommands(): string[] {
  const line = /^- Commands: `([A-Z ]+)`/m.exec(
    readFileSync(DOCUMENT, 'utf8'),
  )?.[1];
  return line?.split(' ') ?? [];
}

/** Of a user who may do what docs/compatibility.md says, and nothing else. */
async function restrictedUrl(...rules: string[]): Promise<string> {
  await setting.redis.call(
    'ACL',
    'SETUSER',
    'tracker',
    'reset',
    'on',
    '>secret',
    `~${setting.prefix}:session:*`,
    // Before Redis 7 a new user may use every channel.
    'resetchannels',
    `&${setting.key('live')}`,
    ...documentedCommands().map((command) => `+${command}`),
    '+pubsub|numsub',
    '+publish',
    '+subscribe',
    ...rules,
  );
  await setting.redis.call('ACL', 'LOG', 'RESET');
  return setting.url.replace('redis://', 'redis://tracker:secret@');
}

/** What was refused to the user, but for the name that ioredis tries to give to its connections. */
async function refusedCommands(): Promise<unknown[]> {
  const log = await setting.redis.call('ACL', 'LOG');
  const entries: unknown[][] = Array.isArray(log) ? log : [];
  return entries
    .map((entry) => entry[entry.indexOf('object') + 1])
    .filter((refused) => refused !== 'client|setinfo');
}

async function openRestrictedStore(
  ...rules: string[]
): Promise<RedisSessionStore> {
  return setting.openStoreAt(await restrictedUrl(...rules));
}

describe('the commands that are documented', () => {
  it('are all that the scripts call', () => {
    const called = readdirSync(SCRIPTS).flatMap((name) => {
      const script = readFileSync(new URL(name, SCRIPTS), 'utf8');
      return Array.from(
        script.matchAll(/\b(?:call|try|pcall)\('([A-Z]+)'/g),
        ([, command]) => command,
      );
    });
    expect(called).toContain('HGETALL');
    const documented = [...documentedCommands(), 'PUBSUB', 'PUBLISH'];
    expect(
      [...new Set(called)].filter(
        (command) => command === undefined || !documented.includes(command),
      ),
    ).toEqual([]);
  });

  it('are enough to store, to ask and to erase', async () => {
    const store = await openRestrictedStore();
    try {
      const writer = new TestWriter(store);
      const unsubscribe = await store.subscribe(() => undefined);
      const { exchanges } = await writer.append(
        exchangeOf(user('42'), { id: 'a' }),
        exchangeOf(visitor('192.0.2.1')),
        leftOut(user('43')),
      );
      expect(exchanges.map(({ outcome }) => outcome)).toEqual([
        'stored',
        'stored',
        'stored',
      ]);
      expect(await store.findRequest('a')).not.toBeNull();
      expect((await store.listSessions({ limit: 5 })).sessions).toHaveLength(2);
      expect(
        (
          await store.listActiveSessions({
            since: START - 1,
            until: START + 1,
            limit: 5,
          })
        ).sessions,
      ).toHaveLength(2);
      expect((await store.readUsage(slotAt(START, 60)))?.requests).toBe(3);
      expect(await store.countClients([slotAt(START, 60)])).toBe(3);
      expect(await store.readTotalsOfClient({ userId: '42' })).toHaveLength(1);
      expect(await store.eraseClient({ userId: '42' })).toMatchObject({
        erased_sessions: 1,
      });
      const [session] = (await store.listSessions({ limit: 5 })).sessions;
      expect(await store.eraseSession(session?.session_id ?? '')).toMatchObject(
        { erased_sessions: 1 },
      );
      expect(
        await store.addressSalt(new Date().toISOString().slice(0, 10)),
      ).not.toBeNull();
      await unsubscribe();
      expect(await refusedCommands()).toEqual([]);
    } finally {
      await store.close();
    }
  });

  it.each(documentedCommands())(
    'are needed: nothing counts as stored that is not, for want of %s',
    async (command) => {
      const store = await openRestrictedStore(`-${command}`);
      try {
        const batch = setting.writer.batch([
          exchangeOf(user('42', '192.0.2.1'), { id: 'a' }),
        ]);
        for (let attempt = 0; attempt < 3; attempt += 1) {
          const outcome = await store
            .prepare(batch)
            .append()
            .then(
              ({ exchanges }) => exchanges[0]?.outcome,
              () => 'refused',
            );
          const id = await setting.store.findSessionId({ userId: '42' });
          const kept = id === null ? null : await setting.store.readSession(id);
          const requests = kept?.requests.length ?? 0;
          expect(outcome === 'stored' ? [1] : [0, 1]).toContain(requests);
        }
      } finally {
        await store.close();
      }
    },
  );

  it.each(['TIME', 'EXPIRE', 'HSET'])(
    'may be granted late: a batch that was refused for want of %s is stored then',
    async (command) => {
      const store = await openRestrictedStore(`-${command}`);
      try {
        const batch = setting.writer.batch([exchangeOf(user('42'))]);
        for (let attempt = 0; attempt < 2; attempt += 1) {
          await expect(store.prepare(batch).append()).rejects.toThrow(
            StoreUnavailableError,
          );
        }
        await setting.redis.call('ACL', 'SETUSER', 'tracker', `+${command}`);
        const { exchanges } = await store.prepare(batch).append();
        expect(exchanges[0]?.outcome).toBe('stored');
        const history = await setting.store.readSession(
          exchanges[0]?.sessionId ?? '',
        );
        expect(history?.requests).toHaveLength(1);
      } finally {
        await store.close();
      }
    },
  );

  it('are needed: to lack one is an error, and no empty answer', async () => {
    await setting.writer.append(exchangeOf(user('42')));
    const store = await openRestrictedStore('-zrange', '-pfcount', '-lrange');
    try {
      const listing = { since: START - 1, until: START + 1, limit: 5 };
      for (const answer of [
        store.listSessions({ limit: 5 }),
        store.listActiveSessions(listing),
        store.listSessionsOfClient({ userId: '42' }),
        store.countClients([slotAt(START, 60)]),
      ]) {
        await expect(answer).rejects.toThrow(StoreUnavailableError);
      }
    } finally {
      await store.close();
    }
    const withoutScores = await openRestrictedStore('-zmscore');
    try {
      await expect(
        withoutScores.listActiveSessions({
          since: START - 1,
          until: START + 1,
          limit: 5,
        }),
      ).rejects.toThrow(StoreUnavailableError);
    } finally {
      await withoutScores.close();
    }
  });
});

describe('a database that Redis does not let us have', () => {
  it.each([
    ['that is none', '/99', [], /out of range/],
    ['without the permission to select one', '/3', ['-select'], /permission/],
  ])(
    '%s is an error, and nothing goes to another',
    async (_, path, rules, reason) => {
      const store = setting.openStoreAt(
        `${await restrictedUrl(...rules)}${path}`,
      );
      try {
        const writer = new TestWriter(store);
        for (let attempt = 0; attempt < 5; attempt += 1) {
          await expect(writer.append(exchangeOf(user('42')))).rejects.toThrow(
            reason,
          );
        }
        expect(await setting.redis.keys(`${setting.prefix}:*`)).toEqual([]);
      } finally {
        await store.close();
      }
    },
  );
});
