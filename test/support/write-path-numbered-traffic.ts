import { setTimeout as wait } from 'node:timers/promises';
import {
  RecordDroppedError,
  type SessionTracker,
} from 'nestjs-session-tracking';
import { expect, vi } from 'vitest';
import type { StoredSession, StoredSessions } from './stored-sessions.js';

/** Exchanges sent without a pause between them. */
const BURST = 40;

/** Records in the queue above which the sender holds back, as long as it can. */
const HOLD_BACK_RECORDS = 2000;

/** What the numbers of one client add up to. */
interface Sent {
  exchanges: number;
  errors: number;
  durationMicroseconds: number;
}

/**
 * Records exchanges whose path carries who wrote them and a running number per client, so that each
 * one lost, doubled or out of place shows.
 */
export class NumberedTraffic {
  readonly sent = new Map<string, Sent>();
  /** Promises of the tracker that are still open. */
  outstanding = 0;
  resolved = 0;
  /** Numbers of the exchanges whose promise was rejected, in that order. */
  readonly rejected: number[] = [];
  readonly unexpectedErrors: unknown[] = [];
  /** Session ids that the tracker answered, by user. */
  readonly answeredIds = new Map<string, Set<string>>();
  private total = 0;

  constructor(
    private readonly tracker: SessionTracker,
    /** Names the writer in every path. */
    readonly writer: string,
    private readonly users: readonly string[],
  ) {}

  /** Exchanges sent so far. */
  get exchanges(): number {
    return this.total;
  }

  /**
   * Sends at least so many exchanges, in turn for every user, and more until `isEnough`;
   * `onProgress` is told how many there were.
   */
  async send(
    exchanges: number,
    onProgress: (sent: number) => Promise<void> | void = () => undefined,
    isEnough: () => boolean = () => true,
  ): Promise<void> {
    for (let sent = 0; sent < exchanges || !isEnough(); sent += 1) {
      this.sendOne();
      if (sent % BURST === BURST - 1) {
        await onProgress(sent + 1);
        do {
          await wait(1);
        } while (
          this.tracker.stats().queued > HOLD_BACK_RECORDS &&
          this.tracker.stats().storeAvailable
        );
      }
    }
  }

  /** Like capture does: nobody waits for the outcome. */
  sendOne(): void {
    const { user, number, record } = this.next();
    this.tracker.recordExchange(
      { userId: user, ip: addressOf(number) },
      record.request,
      record.response,
    );
  }

  /** Like a host does: a promise for the request and one for the response. */
  sendOneAwaited(): void {
    const { user, number, record } = this.next();
    const client = { userId: user, ip: addressOf(number) };
    for (const outcome of [
      this.tracker.recordRequest(client, record.request),
      this.tracker.recordResponse(client, record.response),
    ]) {
      this.outstanding += 1;
      outcome.then(
        (sessionId) => {
          this.outstanding -= 1;
          this.resolved += 1;
          const ids = this.answeredIds.get(user) ?? new Set();
          this.answeredIds.set(user, ids.add(sessionId));
        },
        (error: unknown) => {
          this.outstanding -= 1;
          this.rejected.push(this.positionOf(user, number));
          if (!(error instanceof RecordDroppedError)) {
            this.unexpectedErrors.push(error);
          }
        },
      );
    }
  }

  private positionOf(user: string, number: number): number {
    return number * this.users.length + this.users.indexOf(user);
  }

  private next() {
    const user = this.users[this.total % this.users.length] ?? '';
    this.total += 1;
    const totals = this.sent.get(user) ?? {
      exchanges: 0,
      errors: 0,
      durationMicroseconds: 0,
    };
    this.sent.set(user, totals);
    const number = totals.exchanges;
    const status = number % 7 === 3 ? 404 : 200;
    const durationMicroseconds = (number % 97) * 1010;
    totals.exchanges += 1;
    totals.errors += status === 404 ? 1 : 0;
    totals.durationMicroseconds += durationMicroseconds;
    const request_id = `${this.writer}.${user}.${number}`;
    const timestamp = Date.now() / 1000;
    return {
      user,
      number,
      record: {
        request: {
          timestamp,
          path: `/${this.writer}/${number}`,
          method: 'GET',
          request_id,
        },
        response: {
          timestamp,
          request_id,
          status_code: status,
          duration_ms: durationMicroseconds / 1000,
        },
      },
    };
  }
}

function addressOf(number: number): string {
  return `198.51.100.${number % 256}`;
}

/** Checks that all that was sent, and nothing else, stands in Redis once and in order. */
export async function expectExactlyOnce(
  stored: StoredSessions,
  ...writers: NumberedTraffic[]
): Promise<void> {
  const users = new Set(writers.flatMap(({ sent }) => [...sent.keys()]));
  const sessions = await stored.all();
  expect(sessions.map(({ info }) => info['user_id'] ?? '').toSorted()).toEqual(
    [...users].toSorted(),
  );
  const index = await stored.redis.zrange(stored.key('index'), '0', '-1');
  expect(index.toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
  for (const session of sessions) {
    await expectSession(stored, session, writers);
  }
  await expectTotals(stored, writers);
}

/** Checks that the totals, of all and by client, add up to what was sent. */
async function expectTotals(
  stored: StoredSessions,
  writers: readonly NumberedTraffic[],
): Promise<void> {
  await vi.waitFor(async () => {
    // They are folded within a second; there is no list any more when nothing waits.
    expect(await stored.redis.exists(stored.key('pending-totals'))).toBe(0);
  }, 10_000);
  const all: Sent = { exchanges: 0, errors: 0, durationMicroseconds: 0 };
  const byUser = new Map<string, Sent>();
  for (const [user, own] of writers.flatMap(({ sent }) => [...sent])) {
    const sum = byUser.get(user) ?? {
      exchanges: 0,
      errors: 0,
      durationMicroseconds: 0,
    };
    byUser.set(user, sum);
    for (const total of [all, sum]) {
      total.exchanges += own.exchanges;
      total.errors += own.errors;
      total.durationMicroseconds += own.durationMicroseconds;
    }
  }
  for (const length of [60, 300, 3600]) {
    const usage = await sumFields(stored, `usage:${length}:`);
    expect([...usage]).toEqual(
      expect.arrayContaining([
        ['requests', all.exchanges],
        ['responses', all.exchanges],
        ['client_errors', all.errors],
        ['duration_us', all.durationMicroseconds],
        ['durations', all.exchanges],
        ['new_sessions', byUser.size],
      ]),
    );
  }
  for (const length of [300, 3600]) {
    const routes = await sumFields(stored, `routes:${length}:`);
    expect(routes.get('1:requests')).toBe(all.exchanges);
    expect(routes.get('1:durations')).toBe(all.exchanges);
  }
  for (const [user, sum] of byUser) {
    expect(await clientTotals(stored, user)).toEqual([
      sum.exchanges,
      sum.exchanges,
      sum.errors,
      sum.durationMicroseconds,
    ]);
  }
}

/** The fields of all hashes whose keys begin so, added up. */
async function sumFields(
  stored: StoredSessions,
  begin: string,
): Promise<Map<string, number>> {
  const sums = new Map<string, number>();
  for (const key of await keysThatBegin(stored, begin)) {
    for (const [field, value] of Object.entries(
      await stored.redis.hgetall(key),
    )) {
      const count = field.endsWith('durations')
        ? countDurations(value)
        : Number(value);
      sums.set(field, (sums.get(field) ?? 0) + count);
    }
  }
  return sums;
}

/** How many durations there are in `229:3 230:1`. */
function countDurations(buckets: string): number {
  return buckets
    .split(' ')
    .reduce((sum, bucket) => sum + Number(bucket.split(':')[1]), 0);
}

/** Requests, responses, errors and microseconds of a user over all slots. */
async function clientTotals(
  stored: StoredSessions,
  user: string,
): Promise<number[]> {
  const sums = [0, 0, 0, 0];
  for (const key of await keysThatBegin(stored, 'clients:')) {
    const value = await stored.redis.hget(key, `user:${user}`);
    value?.split(' ').forEach((count, index) => {
      sums[index] = (sums[index] ?? 0) + Number(count);
    });
  }
  return sums;
}

async function keysThatBegin(
  stored: StoredSessions,
  begin: string,
): Promise<string[]> {
  const keys = await stored.keys();
  return keys.filter((key) => key.startsWith(stored.key(begin)));
}

async function expectSession(
  stored: StoredSessions,
  session: StoredSession,
  writers: readonly NumberedTraffic[],
): Promise<void> {
  const user = session.info['user_id'] ?? '';
  const sums: Sent = { exchanges: 0, errors: 0, durationMicroseconds: 0 };
  for (const { writer, sent, answeredIds } of writers) {
    const own = sent.get(user) ?? { ...sums, exchanges: 0 };
    const expected = Array.from({ length: own.exchanges }, (_, number) =>
      String(number),
    );
    const begin = `${writer}.${user}.`;
    const numbersOf = (records: readonly { request_id: string }[]): string[] =>
      records
        .filter(({ request_id }) => request_id.startsWith(begin))
        .map(({ request_id }) => request_id.slice(begin.length));
    expect(numbersOf(session.requests)).toEqual(expected);
    expect(numbersOf(session.responses)).toEqual(expected);
    expect([...(answeredIds.get(user) ?? [session.id])]).toEqual([session.id]);
    sums.exchanges += own.exchanges;
    sums.errors += own.errors;
    sums.durationMicroseconds += own.durationMicroseconds;
  }
  expect(session.requests).toHaveLength(sums.exchanges);
  expect(session.responses).toHaveLength(sums.exchanges);
  expect(session.info).toMatchObject({
    request_count: String(sums.exchanges),
    response_count: String(sums.exchanges),
    error_count: String(sums.errors),
    duration_us_total: String(sums.durationMicroseconds),
  });
  const [open, ofUser] = await Promise.all([
    stored.redis.get(stored.key(`user:${user}`)),
    stored.redis.lrange(stored.key(`sessions:user:${user}`), 0, -1),
  ]);
  expect(open).toBe(session.id);
  expect(ofUser).toEqual([session.id]);
}
