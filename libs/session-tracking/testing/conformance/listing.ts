import { describe, expect, it } from 'vitest';
import {
  searchSessions,
  type SessionQuery,
} from '../../src/analytics/session-search.js';
import { InvalidCursorError } from '../../src/errors/invalid-cursor.error.js';
import { wholeAddresses } from '../../src/model/clients/address-anonymizer.js';
import {
  MOST_SESSIONS_OF_CLIENT,
  type SessionPage,
} from '../../src/store/session-store.js';
import { at, exchangeOf, user, visitor } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeListing(tested: StoreUnderTest): void {
  describe('listing', () => {
    it('answers sessions newest first, with what a summary holds', async () => {
      const ids = await tested.createSessions([3, 1, 2]);
      const { sessions, next_cursor } = await tested.store.listSessions({
        limit: 10,
      });
      expect(sessions.map(({ session_id }) => session_id)).toEqual([
        ids[0],
        ids[2],
        ids[1],
      ]);
      expect(next_cursor).toBeNull();
      const { info } = await tested.read(ids[0] ?? '');
      expect(sessions[0]).toEqual({ session_id: ids[0], ...info });
    });

    it('answers nothing where nothing is stored', async () => {
      expect(await tested.store.listSessions({ limit: 10 })).toEqual({
        sessions: [],
        next_cursor: null,
      });
    });

    it('pages through all of them, each once', async () => {
      const ids = await tested.createSessions(
        Array.from({ length: 11 }, (_, index) => index),
      );
      const newestFirst = ids.toReversed();
      const pages = await tested.pageThrough({ limit: 4 });
      expect(pages.map(({ length }) => length)).toEqual([4, 4, 3]);
      expect(pages.flat()).toEqual(newestFirst);
      expect((await tested.pageThrough({ limit: 11 })).length).toBe(1);
      expect((await tested.pageThrough({ limit: 1 })).flat()).toEqual(
        newestFirst,
      );
    });

    it('pages through sessions of the same millisecond', async () => {
      const ids = await tested.createSessions([
        1, 2.001, 2.001, 2.001, 2.001, 2.001, 2.001, 2.001, 3,
      ]);
      for (const limit of [1, 2, 3, 7]) {
        const found = (await tested.pageThrough({ limit })).flat();
        expect(found).toHaveLength(ids.length);
        expect(new Set(found)).toEqual(new Set(ids));
      }
    });

    it('moves no session to another page when new ones arrive meanwhile', async () => {
      const ids = await tested.createSessions([1, 2, 3, 3, 4, 5]);
      let second = 5;
      const found = (
        await tested.pageThrough({ limit: 2 }, async () => {
          second += 1;
          await tested.createSessions([second, second]);
        })
      ).flat();
      expect(found).toHaveLength(ids.length);
      expect(new Set(found)).toEqual(new Set(ids));
    });

    it('names no session twice though the last of a page turns out to be older', async () => {
      const ids = await tested.createSessions([1, 2, 3]);
      const { sessions, next_cursor } = await tested.store.listSessions({
        limit: 2,
      });
      const last = user(sessions[1]?.user_id ?? '');
      await tested.writer.append(exchangeOf(last, { timestamp: at(1.5) }));
      expect((await tested.infoOf(ids[1] ?? '')).created_at).toBe(at(1.5));
      expect(
        await tested.listIds({ limit: 2, cursor: next_cursor ?? '' }),
      ).toEqual([ids[0]]);
    });

    it('goes on where the page ended though its last session is gone', async () => {
      const ids = await tested.createSessions([1, 2, 3, 4]);
      const page = await tested.store.listSessions({ limit: 2 });
      await tested.store.eraseSession(ids[2] ?? '');
      expect(
        await tested.listIds({ limit: 2, cursor: page.next_cursor ?? '' }),
      ).toEqual([ids[1], ids[0]]);
    });

    it('fills a page though sessions in between have gone', async () => {
      const ids = await tested.createSessions([1, 2, 3, 4, 5, 6]);
      await tested.store.eraseSession(ids[5] ?? '');
      await tested.store.eraseSession(ids[4] ?? '');
      const pages = await tested.pageThrough({ limit: 2 });
      expect(pages).toEqual([
        [ids[3], ids[2]],
        [ids[1], ids[0]],
      ]);
    });

    it('narrows by since and until, both included', async () => {
      const ids = await tested.createSessions([1, 2, 3.5, 4, 5]);
      expect(await tested.listIds({ limit: 9, since: at(3.5) })).toEqual([
        ids[4],
        ids[3],
        ids[2],
      ]);
      expect(await tested.listIds({ limit: 9, until: at(3.5) })).toEqual([
        ids[2],
        ids[1],
        ids[0],
      ]);
      expect(
        await tested.listIds({ limit: 9, since: at(2), until: at(4) }),
      ).toEqual([ids[3], ids[2], ids[1]]);
      expect(
        await tested.listIds({ limit: 9, since: at(4), until: at(2) }),
      ).toEqual([]);
      expect(
        await tested.pageThrough({ limit: 1, since: at(2), until: at(4) }),
      ).toEqual([[ids[3]], [ids[2]], [ids[1]]]);
    });

    it.each(['', 'nonsense', 'e30', '🦊', 'x'.repeat(500)])(
      'refuses the cursor %j, which it never gave',
      async (cursor) => {
        await expect(
          tested.store.listSessions({ limit: 5, cursor }),
        ).rejects.toBeInstanceOf(InvalidCursorError);
      },
    );
  });
  describe('the sessions of a client', () => {
    it('answers those of a user from every address, newest first', async () => {
      await tested.restart({ maxSessionSeconds: 10 });
      const ids: string[] = [];
      for (const seconds of [0, 10, 20]) {
        ids.push(
          await tested.writer.sessionOf(
            exchangeOf(user('42', `10.0.0.${seconds}`), {
              timestamp: at(seconds),
            }),
          ),
        );
      }
      await tested.writer.append(exchangeOf(user('43', '10.0.0.10')));
      expect(await tested.listIdsOf({ userId: '42' })).toEqual(
        ids.toReversed(),
      );
      const [newest] = await tested.store.listSessionsOfClient({
        userId: '42',
      });
      expect(newest).toEqual({
        session_id: ids[2],
        ...(await tested.read(ids[2] ?? '')).info,
      });
    });

    it('has more of a crowd than it tells in one go, and all are found', async () => {
      const count = MOST_SESSIONS_OF_CLIENT + 120;
      await tested.writer.append(
        ...Array.from({ length: count }, (_, index) =>
          exchangeOf(user(`of-the-crowd-${index}`, '192.0.2.1'), {
            timestamp: at(index / 100),
            status: index < 3 ? 500 : 200,
          }),
        ),
      );
      await tested.writer.append(exchangeOf(user('elsewhere', '192.0.2.2')));
      expect(
        await tested.store.listSessionsOfClient({ ip: '192.0.2.1' }),
      ).toHaveLength(
        tested.store.kind === 'redis' ? MOST_SESSIONS_OF_CLIENT : count,
      );

      const find = async (query: SessionQuery): Promise<string[]> => {
        const found: string[] = [];
        let cursor: string | null = null;
        do {
          const page: SessionPage = await searchSessions(
            tested.store,
            { ...query, ip: '192.0.2.1', ...(cursor !== null && { cursor }) },
            wholeAddresses,
          );
          found.push(...page.sessions.map(({ user_id }) => user_id));
          cursor = page.next_cursor;
        } while (cursor !== null);
        return found;
      };
      expect(await find({ limit: 200 })).toEqual(
        Array.from(
          { length: count },
          (_, index) => `of-the-crowd-${count - 1 - index}`,
        ),
      );
      expect(await find({ has_errors: true })).toEqual([
        'of-the-crowd-2',
        'of-the-crowd-1',
        'of-the-crowd-0',
      ]);
      expect(await find({ until: at(0.015) })).toEqual([
        'of-the-crowd-1',
        'of-the-crowd-0',
      ]);
    });

    it('answers those that began at an address, of users and anonymous ones', async () => {
      const [ofUser, ofVisitor, elsewhere] = await tested.writer.sessionsOf(
        exchangeOf(user('42', '192.0.2.1'), { timestamp: at(1) }),
        exchangeOf(visitor('192.0.2.1'), { timestamp: at(2) }),
        exchangeOf(user('43', '192.0.2.2')),
      );
      expect(await tested.listIdsOf({ ip: '192.0.2.1' })).toEqual([
        ofVisitor,
        ofUser,
      ]);
      expect(await tested.listIdsOf({ ip: '192.0.2.2' })).toEqual([elsewhere]);
    });

    it('answers nothing about a stranger', async () => {
      expect(await tested.listIdsOf({ userId: 'nobody' })).toEqual([]);
      expect(await tested.listIdsOf({ ip: '203.0.113.1' })).toEqual([]);
      expect(await tested.store.findSessionId({ userId: 'nobody' })).toBeNull();
      expect(
        await tested.store.findSessionId({ ip: '203.0.113.1' }),
      ).toBeNull();
    });
  });

  describe('the active sessions', () => {
    it('are those with a record since a moment', async () => {
      const [idle, busy, other] = await tested.createSessions([0, 0, 5]);
      const { user_id } = await tested.infoOf(busy ?? '');
      await tested.writer.append(
        exchangeOf(user(user_id), { timestamp: at(7) }),
      );
      const idsSince = async (since: number): Promise<Set<string>> => {
        const { sessions } = await tested.store.listActiveSessions({
          since,
          until: at(100),
          limit: 10,
        });
        return new Set(sessions.map(({ session_id }) => session_id));
      };
      expect(await idsSince(at(0))).toEqual(new Set([idle, busy, other]));
      expect(await idsSince(at(5))).toEqual(new Set([busy, other]));
      expect(await idsSince(at(7))).toEqual(new Set([busy]));
      expect(await idsSince(at(7.001))).toEqual(new Set());
      expect(
        await tested.store.listActiveSessions({
          since: at(7),
          until: at(100),
          limit: 10,
        }),
      ).toEqual({
        sessions: [{ session_id: busy, ...(await tested.infoOf(busy ?? '')) }],
        isComplete: true,
      });
    });

    it('are the latest where there are too many', async () => {
      const clients = ['a', 'b', 'c', 'd'].map((id) => user(id));
      const ids: string[] = [];
      for (const [index, client] of clients.entries()) {
        ids.push(
          await tested.writer.sessionOf(
            exchangeOf(client, { timestamp: at(index * 5) }),
          ),
        );
        await tested.passTime(5);
      }
      await tested.writer.append(exchangeOf(user('a'), { timestamp: at(20) }));
      const { sessions, isComplete } = await tested.store.listActiveSessions({
        since: at(0),
        until: at(100),
        limit: 2,
      });
      expect(new Set(sessions.map(({ session_id }) => session_id))).toEqual(
        new Set([ids[0], ids[3]]),
      );
      expect(isComplete).toBe(false);
    });

    it('are found behind any number that began later or that sampling left out', async () => {
      const [first, second] = await tested.createSessions([1, 2]);
      const later = Array.from({ length: 1500 }, (_, index) =>
        exchangeOf(user(`later-${index}`), { timestamp: at(50) }),
      );
      const leftOut = Array.from({ length: 1500 }, (_, index) => ({
        ...exchangeOf(user(`kept-${index}`), { timestamp: at(3), status: 500 }),
        sampling: 'kept' as const,
      }));
      for (let from = 0; from < 1500; from += 300) {
        await tested.writer.append(...later.slice(from, from + 300));
        await tested.writer.append(...leftOut.slice(from, from + 300));
      }
      const list = async (until: number, limit: number) => {
        const listed = await tested.store.listActiveSessions({
          since: at(0),
          until,
          limit,
        });
        return {
          ...listed,
          sessions: new Set(listed.sessions.map((each) => each.session_id)),
        };
      };
      expect(await list(at(50), 2)).toEqual({
        sessions: new Set([first, second]),
        isComplete: true,
      });
      expect(await list(at(2), 2)).toEqual({
        sessions: new Set([first]),
        isComplete: true,
      });
      expect((await list(at(50), 1)).isComplete).toBe(false);
      const everybody = await list(at(51), 1502);
      expect(everybody.sessions.size).toBe(1502);
      expect(everybody.isComplete).toBe(true);
      const most = await list(at(51), 1501);
      expect(most.sessions.size).toBe(1501);
      expect(most.isComplete).toBe(false);
    });
  });
}
