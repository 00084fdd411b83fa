import { describe, expect, it } from 'vitest';
import { keepBusy } from '../../testing/keep-busy.js';
import { HistoryStore } from '../../testing/history-store.js';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import type { SessionHistory } from '../model/records/records.js';
import { foldRecentSessions } from './recent-sessions.js';

/** Folds the whole sessions of a store. */
function foldAll(
  store: HistoryStore,
  fold: (history: SessionHistory) => unknown,
): Promise<{ truncated: boolean }> {
  return foldRecentSessions(
    store,
    { since: at(0), until: at(10_000) },
    ({ session_id }) => store.readSession(session_id),
    fold,
  );
}

/** Sessions a second apart, with so many requests each. */
function sessionsOf(count: number, requests: number): SessionHistory[] {
  return Array.from({ length: count }, (_, number) => {
    const ids = Array.from(
      { length: requests },
      (_each, i) => `${number}-${i}`,
    );
    return {
      ...historyOf(
        ids.map((request_id) =>
          requestRecord({ request_id, timestamp: at(number) }),
        ),
        ids.map((request_id) =>
          responseRecord({ request_id, timestamp: at(number) }),
        ),
        { last_seen_at: at(number) },
      ),
      session_id: `session-${number}`,
    };
  });
}

/** Answers a little later, and knows how much it was asked for at once. */
class SlowStore extends HistoryStore {
  mostAtOnce = 0;
  private underWay = 0;

  override async readSession(id: string): Promise<SessionHistory | null> {
    this.underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.underWay);
    await Promise.resolve();
    this.underWay -= 1;
    return super.readSession(id);
  }
}

describe('reading recent sessions', () => {
  it('reads the 2,000 used last and says that there are more', async () => {
    const folded: string[] = [];
    const answer = await foldAll(
      new HistoryStore(sessionsOf(2001, 1)),
      ({ session_id }) => folded.push(session_id),
    );
    expect(answer).toEqual({ truncated: true });
    expect(folded).toHaveLength(2000);
    expect(folded).not.toContain('session-0');
    expect(
      await foldAll(new HistoryStore(sessionsOf(2000, 1)), () => undefined),
    ).toEqual({ truncated: false });
  });

  it('asks for 25 sessions and 1,000 records at a time, once ahead of what it folds', async () => {
    const small = new SlowStore(sessionsOf(200, 1));
    await foldAll(small, () => undefined);
    expect(small.mostAtOnce).toBe(50);
    const large = new SlowStore(sessionsOf(20, 150));
    await foldAll(large, () => undefined);
    expect(large.mostAtOnce).toBe(6);
    const huge = new SlowStore(sessionsOf(3, 1000));
    await foldAll(huge, () => undefined);
    expect(huge.mostAtOnce).toBe(2);
    expect(huge.read).toHaveLength(3);
  });

  it('lets other work in between', async () => {
    let turns = 0;
    let goesOn = true;
    const turn = (): void => {
      turns += 1;
      if (goesOn) {
        setImmediate(turn);
      }
    };
    setImmediate(turn);
    await foldAll(new HistoryStore(sessionsOf(100, 1)), () => {
      keepBusy(1);
    });
    goesOn = false;
    expect(turns).toBeGreaterThan(5);
  });

  it('passes over what is erased meanwhile', async () => {
    class ForgetfulStore extends HistoryStore {
      override readSession(): Promise<null> {
        return Promise.resolve(null);
      }
    }
    const folded: SessionHistory[] = [];
    await foldAll(new ForgetfulStore(sessionsOf(2, 1)), (history) =>
      folded.push(history),
    );
    expect(folded).toEqual([]);
  });
});
