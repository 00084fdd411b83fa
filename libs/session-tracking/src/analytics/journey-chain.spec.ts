import { describe, expect, it } from 'vitest';
import { HistoryStore } from '../../testing/history-store.js';
import { at, historyOf, requestRecord } from '../../testing/record-builders.js';
import type { SessionHistory, SessionInfo } from '../model/records/records.js';
import { type ChainedJourney, followJourney } from './journey-chain.js';

/** A session whose requests come at these seconds. */
function session(
  id: string,
  seconds: readonly number[],
  info: Partial<SessionInfo> = {},
): SessionHistory {
  return {
    ...historyOf(
      seconds.map((second) =>
        requestRecord({ request_id: `${id}${second}`, timestamp: at(second) }),
      ),
      [],
      info,
    ),
    session_id: id,
  };
}

/** So many sessions of one client, each of which ended by age. */
function chain(count: number): SessionHistory[] {
  return Array.from({ length: count }, (_, number) =>
    session(`${number}`, [number], {
      ...(number > 0 && { previous_session_id: `${number - 1}` }),
    }),
  );
}

const follow = (
  sessions: readonly SessionHistory[],
  id: string,
): Promise<ChainedJourney | null> =>
  followJourney(new HistoryStore(sessions), id);

const stepsOf = (journey: ChainedJourney | null): string[] =>
  (journey?.entries ?? []).map((entry) => entry.request_id);

const visitor = session('visitor', [0, 1], { next_session_id: 'user' });
const user = session('user', [3, 2.5], {
  user_id: '42',
  previous_session_id: 'visitor',
});

describe('a journey over linked sessions', () => {
  it.each(['visitor', 'user'])(
    'leads from the address to the user, asked for the %s',
    async (id) => {
      const journey = await follow([visitor, user], id);
      expect(journey?.session_id).toBe(id);
      expect(journey?.user_id).toBe(id === 'user' ? '42' : '');
      expect(journey?.sessions).toEqual(['visitor', 'user']);
      expect(journey?.truncated).toBe(false);
      expect(
        journey?.entries.map((entry) => [
          entry.session_id,
          entry.request_id,
          entry.gap_ms,
        ]),
      ).toEqual([
        ['visitor', 'visitor0', null],
        ['visitor', 'visitor1', 1000],
        ['user', 'user2.5', 1500],
        ['user', 'user3', 500],
      ]);
    },
  );

  it('leads through sessions that ended by age, from any of them', async () => {
    const aged = [
      session('a', [0], { user_id: '42' }),
      session('b', [1], { user_id: '42', previous_session_id: 'a' }),
      session('c', [2], { user_id: '42', previous_session_id: 'b' }),
    ];
    for (const { session_id } of aged) {
      expect((await follow(aged, session_id))?.sessions).toEqual([
        'a',
        'b',
        'c',
      ]);
    }
  });

  it('keeps to the session that is named, where an address went on without its user', async () => {
    const went = session('address', [9], { previous_session_id: 'visitor' });
    expect((await follow([visitor, user, went], 'visitor'))?.sessions).toEqual([
      'visitor',
      'user',
    ]);
    expect((await follow([visitor, user, went], 'address'))?.sessions).toEqual([
      'visitor',
      'address',
    ]);
  });

  it.each(['visitor', 'user'])(
    'is partial where the %s was left out by sampling',
    async (leftOut) => {
      const sessions = [visitor, user].map((each) =>
        each.session_id === leftOut
          ? { ...each, info: { ...each.info, partial: true as const } }
          : each,
      );
      expect(await follow(sessions, 'user')).toHaveProperty('partial', true);
    },
  );

  it('is not partial where it is whole', async () => {
    expect(await follow([visitor, user], 'user')).not.toHaveProperty('partial');
  });

  it('merges what overlaps in the order of arrival', async () => {
    const journey = await follow(
      [
        session('a', [0, 2, 4], { next_session_id: 'b' }),
        session('b', [1, 3], { user_id: '42', previous_session_id: 'a' }),
      ],
      'a',
    );
    expect(stepsOf(journey)).toEqual(['a0', 'b1', 'a2', 'b3', 'a4']);
  });

  it('is the session alone where nothing is linked, or what was is gone', async () => {
    expect((await follow([user], 'user'))?.sessions).toEqual(['user']);
    expect((await follow([visitor], 'visitor'))?.sessions).toEqual(['visitor']);
    expect(await follow([], 'user')).toBeNull();
  });

  it('ends where a chain would go round', async () => {
    const circle = [
      session('a', [0], { previous_session_id: 'b', next_session_id: 'b' }),
      session('b', [1], { previous_session_id: 'a', next_session_id: 'a' }),
    ];
    expect((await follow(circle, 'a'))?.sessions).toEqual(['b', 'a']);
  });

  it('stops after 20 sessions and says so', async () => {
    expect(await follow(chain(20), '0')).toMatchObject({
      truncated: false,
      sessions: { length: 20 },
    });
    expect(await follow(chain(21), '20')).toMatchObject({
      truncated: true,
      sessions: { length: 20 },
    });
  });

  it('stops after 5,000 requests and says so', async () => {
    const many = Array.from({ length: 5000 }, (_, number) => number / 1000);
    const journey = await follow(
      [
        session('a', many, { next_session_id: 'b' }),
        session('b', [6], { user_id: '42', previous_session_id: 'a' }),
      ],
      'a',
    );
    expect(journey).toMatchObject({ truncated: true, sessions: ['a'] });
  });
});
