import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidCursorError } from '../src/errors/invalid-cursor.error.js';
import { StoreUnavailableError } from '../src/errors/store-unavailable.error.js';
import type { Client, ClientReference } from '../src/model/client-identity.js';
import type { SessionHistory } from '../src/model/records.js';
import type {
  RetentionPolicy,
  SessionListing,
  SessionStore,
} from '../src/store/session-store.js';
import {
  at,
  exchangeOf,
  later,
  requestRecord,
  responseRecord,
  START,
  TestWriter,
  user,
  visitor,
} from './record-builders.js';

/** A store with data of its own, and the means to look at it as time goes by. */
export interface SessionStoreHarness {
  readonly store: SessionStore;
  /** The store of another application instance over the same data. */
  readonly otherStore: SessionStore;
  /** Lets the data age. */
  passTime(seconds: number): Promise<void>;
  close(): Promise<void>;
}

/** The policy of a harness where a test asks for no other. */
export const CONFORMANCE_POLICY: RetentionPolicy = {
  sessionTtlSeconds: 100,
  maxSessionSeconds: 1000,
  retentionSeconds: 100,
  maxRecordsPerSession: 1000,
  rollups: { minutes: 3600, hours: 7200 },
};

export type HarnessFactory = (
  policy: RetentionPolicy,
) => Promise<SessionStoreHarness>;

const UUID =
  /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const WEIRD_USER_IDS = [
  '__proto__',
  'constructor',
  '{tag}',
  '}{',
  'a:b:c',
  ':info',
  'index',
  'with space',
  'with "quotes" and \'apostrophes\'',
  'back\\slash',
  'line\nbreak',
  'line\r\nbreak',
  'tab\tnull\u0000',
  '\u2028',
  'emoji 🦊',
  'lone \ud83e',
  'lone \udd8a',
  '-1',
  '0',
  '%s %d',
  'é',
  'e\u0301',
  'x'.repeat(128),
  'x'.repeat(129),
  'x'.repeat(130),
  '🦊'.repeat(32),
  '🦊'.repeat(33),
];

/** What every `SessionStore` must do, as its port says. */
export function describeSessionStore(
  name: string,
  createHarness: HarnessFactory,
): void {
  describe(`${name} session store`, () => {
    let harness: SessionStoreHarness;
    let store: SessionStore;
    let writer: TestWriter;

    async function start(policy: Partial<RetentionPolicy> = {}): Promise<void> {
      harness = await createHarness({ ...CONFORMANCE_POLICY, ...policy });
      ({ store } = harness);
      writer = new TestWriter(store);
    }

    async function restart(policy: Partial<RetentionPolicy>): Promise<void> {
      await harness.close();
      await start(policy);
    }

    beforeEach(() => start());
    afterEach(() => harness.close());

    async function read(sessionId: string): Promise<SessionHistory> {
      const history = await store.readSession(sessionId);
      if (history === null) {
        throw new Error(`There is no session ${sessionId}.`);
      }
      return history;
    }

    async function listIds(listing: SessionListing): Promise<string[]> {
      const { sessions } = await store.listSessions(listing);
      return sessions.map(({ session_id }) => session_id);
    }

    async function listIdsOf(client: ClientReference): Promise<string[]> {
      const sessions = await store.listSessionsOfClient(client);
      return sessions.map(({ session_id }) => session_id);
    }

    /** Sessions of different visitors, created at the given seconds. */
    async function createSessions(seconds: number[]): Promise<string[]> {
      const ids: string[] = [];
      for (const [index, second] of seconds.entries()) {
        const client = user(`created-${second}-${index}-${randomUUID()}`);
        ids.push(
          await writer.sessionOf(exchangeOf(client, { timestamp: at(second) })),
        );
      }
      return ids;
    }

    /** Every page of a listing; between two pages something may happen. */
    async function pageThrough(
      listing: SessionListing,
      between: () => Promise<void> = () => Promise.resolve(),
    ): Promise<string[][]> {
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await store.listSessions({ ...listing, cursor });
        pages.push(page.sessions.map(({ session_id }) => session_id));
        cursor = page.next_cursor ?? undefined;
        await between();
      } while (cursor !== undefined && pages.length < 100);
      return pages;
    }

    describe('identity', () => {
      it('creates a session for a new client and finds it again by user', async () => {
        const client = user('42');
        const id = await writer.sessionOf(exchangeOf(client));
        expect(id).toMatch(UUID);
        expect(await writer.sessionOf(exchangeOf(client))).toBe(id);
        expect(await store.findSessionId({ userId: '42' })).toBe(id);
        expect(await store.findSessionId({ ip: client.ip })).toBeNull();
      });

      it('creates a session for a new client and finds it again by address', async () => {
        const client = visitor('192.0.2.7');
        const id = await writer.sessionOf(exchangeOf(client));
        expect(await writer.sessionOf(exchangeOf(client))).toBe(id);
        expect(await store.findSessionId({ ip: '192.0.2.7' })).toBe(id);
        expect(await store.findSessionId({ userId: '192.0.2.7' })).toBeNull();
      });

      it('keeps the session of a user who moves to another address', async () => {
        const id = await writer.sessionOf(
          exchangeOf(user('42', '192.0.2.1')),
          exchangeOf(user('42', '198.51.100.9')),
        );
        expect(
          await writer.sessionOf(exchangeOf(user('42', '2001:db8::1'))),
        ).toBe(id);
        const { info, requests } = await read(id);
        expect(info.client_ip).toBe('192.0.2.1');
        expect(info.user_id).toBe('42');
        expect(requests).toHaveLength(3);
      });

      it('gives an anonymous visitor of a user’s address another session', async () => {
        const [ofUser, ofVisitor] = await writer.sessionsOf(
          exchangeOf(user('42', '192.0.2.1')),
          exchangeOf(visitor('192.0.2.1')),
        );
        expect(ofVisitor).not.toBe(ofUser);
        expect(await store.findSessionId({ ip: '192.0.2.1' })).toBe(ofVisitor);
      });

      it('never takes one identity for another', async () => {
        const clients: Client[] = [
          visitor('192.0.2.1'),
          user('192.0.2.1'),
          user('ip:192.0.2.1'),
          user('user:192.0.2.1'),
          user('unknown'),
          visitor('no address'),
          visitor('2001:db8::1'),
          user('2001:db8::1'),
          user('42'),
          user('42 '),
          user('042'),
        ];
        const ids = await writer.sessionsOf(
          ...clients.map((client) => exchangeOf(client)),
        );
        expect(new Set(ids).size).toBe(clients.length);
        for (const [index, client] of clients.entries()) {
          const reference =
            client.userId === ''
              ? { ip: client.ip }
              : { userId: client.userId };
          expect(await store.findSessionId(reference)).toBe(ids[index]);
        }
      });

      it('takes any user id as a name like any other', async () => {
        const clients = WEIRD_USER_IDS.map((id) => user(id));
        const ids = await writer.sessionsOf(
          ...clients.map((client) => exchangeOf(client)),
        );
        expect(new Set(ids).size).toBe(WEIRD_USER_IDS.length);
        for (const [index, { userId }] of clients.entries()) {
          const id = ids[index] ?? '';
          expect(await store.findSessionId({ userId })).toBe(id);
          expect(await listIdsOf({ userId })).toEqual([id]);
          expect((await read(id)).info.user_id).toBe(userId);
        }
        for (const id of ids) {
          expect(await store.eraseSession(id)).not.toBeNull();
        }
        expect(await listIds({ limit: 50 })).toEqual([]);
      });

      it('knows no client by an empty user id', async () => {
        await writer.append(exchangeOf(visitor('192.0.2.1')));
        expect(await store.findSessionId({ userId: '' })).toBeNull();
        expect(await store.listSessionsOfClient({ userId: '' })).toEqual([]);
      });

      it('opens one session when two instances see a new client at the same moment', async () => {
        const other = new TestWriter(harness.otherStore);
        for (let round = 0; round < 20; round += 1) {
          const client =
            round % 2 === 0 ? user(`new-${round}`) : visitor(`10.0.0.${round}`);
          const [here, there] = await Promise.all([
            writer.sessionOf(exchangeOf(client)),
            other.sessionOf(exchangeOf(client)),
          ]);
          expect(here).toBe(there);
          const { info, requests, responses } = await read(here);
          expect(info.request_count).toBe(2);
          expect([requests.length, responses.length]).toEqual([2, 2]);
        }
        expect(await listIds({ limit: 100 })).toHaveLength(20);
      });
    });

    describe('records', () => {
      it('keeps them in the order in which they were given, across batches', async () => {
        const client = user('42');
        const id = await writer.sessionOf(
          exchangeOf(client, { id: '1', timestamp: at(5) }),
          exchangeOf(client, { id: '2', timestamp: at(3) }),
        );
        await writer.append(
          exchangeOf(visitor('192.0.2.9'), { id: 'other' }),
          exchangeOf(client, { id: '3', timestamp: at(9) }),
          exchangeOf(client, { id: '4', timestamp: at(1) }),
        );
        const { requests, responses } = await read(id);
        expect(requests.map(({ request_id }) => request_id)).toEqual([
          '1',
          '2',
          '3',
          '4',
        ]);
        expect(responses.map(({ request_id }) => request_id)).toEqual([
          '1',
          '2',
          '3',
          '4',
        ]);
      });

      it('gives back every field as it was stored, and no other', async () => {
        const texts = [
          '/plain',
          '/quote"back\\slash',
          '/line\nbreak\r\u0000\u2028',
          '/emoji/🦊',
          '/lone/\ud83e/surrogate',
          '/__proto__',
          '',
        ];
        const client = user('42');
        const requests = texts.map((text) =>
          requestRecord({
            path: text,
            method: text,
            request_id: text,
            route: text,
            graphql_operation: text,
            timestamp: at(1.234),
          }),
        );
        const responses = texts.map((text, index) =>
          responseRecord({
            request_id: text,
            handler: text,
            handler_ms: 0.25,
            error: text,
            error_message: text,
            status_code: 500 + index,
            duration_ms: 12.34,
            ...(index === 0 ? { aborted: true } : {}),
          }),
        );
        const id = await writer.sessionOf(
          ...texts.map((_, index) => ({
            client,
            ...(requests[index] && { request: requests[index] }),
            ...(responses[index] && { response: responses[index] }),
          })),
          { client, request: requestRecord({ request_id: 'least' }) },
        );
        const history = await read(id);
        expect(history.session_id).toBe(id);
        expect(history.requests).toEqual([
          ...requests,
          requestRecord({ request_id: 'least' }),
        ]);
        expect(history.responses).toEqual(responses);
      });

      it('counts requests, responses, errors and durations exactly', async () => {
        const client = user('42', '192.0.2.5');
        const id = await writer.sessionOf(
          exchangeOf(client, {
            status: 399,
            duration: 0.1,
            timestamp: at(0.5),
          }),
          exchangeOf(client, { status: 400, duration: 0.2, timestamp: at(2) }),
          { client, request: requestRecord({ timestamp: at(3) }) },
        );
        await writer.append(
          {
            client,
            response: responseRecord({
              status_code: 599,
              duration_ms: 1e6,
              timestamp: at(7.25),
            }),
          },
          exchangeOf(client, {
            status: 499,
            duration: 45.23,
            timestamp: at(1),
          }),
        );
        expect((await read(id)).info).toEqual({
          client_ip: '192.0.2.5',
          user_id: '42',
          created_at: at(0.5),
          last_seen_at: at(7.25),
          request_count: 4,
          response_count: 4,
          error_count: 3,
          duration_us_total: 1_000_045_530,
        });
      });

      it('adds fractions of a millisecond without drifting', async () => {
        const client = user('42');
        let id = '';
        for (let batch = 0; batch < 50; batch += 1) {
          id = await writer.sessionOf(
            exchangeOf(client, { duration: 0.1 }),
            exchangeOf(client, { duration: 0.07 }),
          );
        }
        expect((await read(id)).info.duration_us_total).toBe(8500);
      });

      it('keeps the newest and counts them all when a list is full', async () => {
        await restart({ maxRecordsPerSession: 5 });
        const client = user('42');
        const ids = Array.from({ length: 23 }, (_, index) => String(index));
        const [first, second, rest] = [
          ids.slice(0, 4),
          ids.slice(4, 7),
          ids.slice(7),
        ].map((part) =>
          part.map((id) => exchangeOf(client, { id, status: 500 })),
        );
        const sessionId = await writer.sessionOf(...(first ?? []));
        expect((await read(sessionId)).requests).toHaveLength(4);
        await writer.append(...(second ?? []));
        expect(
          (await read(sessionId)).responses.map(({ request_id }) => request_id),
        ).toEqual(['2', '3', '4', '5', '6']);
        await writer.append(...(rest ?? []));
        const { info, requests, responses } = await read(sessionId);
        const kept = ['18', '19', '20', '21', '22'];
        expect(requests.map(({ request_id }) => request_id)).toEqual(kept);
        expect(responses.map(({ request_id }) => request_id)).toEqual(kept);
        expect(info).toMatchObject({
          request_count: 23,
          response_count: 23,
          error_count: 23,
          duration_us_total: 23_000,
        });
      });

      it('trims each list by itself', async () => {
        await restart({ maxRecordsPerSession: 2 });
        const client = user('42');
        const id = await writer.sessionOf(
          { client, request: requestRecord({ request_id: 'a' }) },
          { client, request: requestRecord({ request_id: 'b' }) },
          { client, request: requestRecord({ request_id: 'c' }) },
          { client, response: responseRecord({ request_id: 'a' }) },
        );
        const { info, requests, responses } = await read(id);
        expect(requests.map(({ request_id }) => request_id)).toEqual([
          'b',
          'c',
        ]);
        expect(responses.map(({ request_id }) => request_id)).toEqual(['a']);
        expect([info.request_count, info.response_count]).toEqual([3, 1]);
      });

      it('takes a batch of more clients and records than usual', async () => {
        const exchanges = Array.from({ length: 600 }, (_, index) =>
          exchangeOf(user(`many-${index % 300}`), { id: String(index) }),
        );
        const ids = await writer.sessionsOf(...exchanges);
        expect(new Set(ids).size).toBe(300);
        const { requests } = await read(ids[17] ?? '');
        expect(requests.map(({ request_id }) => request_id)).toEqual([
          '17',
          '317',
        ]);
      });

      it('names no session unless asked', async () => {
        const answer = await store.append(
          writer.batch([exchangeOf(user('42')), exchangeOf(user('43'))], {
            wantsSessionIds: false,
          }),
        );
        expect(answer.exchanges).toEqual([
          { outcome: 'stored', sessionId: '' },
          { outcome: 'stored', sessionId: '' },
        ]);
      });
    });

    describe('retries', () => {
      it('stores a batch once however often it arrives, and answers it alike', async () => {
        const batch = writer.batch([
          exchangeOf(user('42'), { status: 500, duration: 3 }),
          exchangeOf(visitor('192.0.2.8')),
          exchangeOf(user('42')),
        ]);
        const answer = await store.append(batch);
        const before = await read(answer.exchanges[0]?.sessionId ?? '');
        expect(await store.append(batch)).toEqual(answer);
        expect(await harness.otherStore.append(structuredClone(batch))).toEqual(
          answer,
        );
        expect(await read(answer.exchanges[0]?.sessionId ?? '')).toEqual(
          before,
        );
        expect(before.info).toMatchObject({
          request_count: 2,
          error_count: 1,
          duration_us_total: 4000,
        });
      });

      it('does so for a batch that asked for no session ids', async () => {
        const batch = writer.batch([exchangeOf(user('42'))], {
          wantsSessionIds: false,
        });
        const answer = await store.append(batch);
        expect(await store.append(batch)).toEqual(answer);
        const id = (await store.findSessionId({ userId: '42' })) ?? '';
        expect((await read(id)).requests).toHaveLength(1);
      });

      it('changes nothing when an older batch arrives again', async () => {
        const batches = [1, 2, 3].map(() =>
          writer.batch([exchangeOf(user('42'))]),
        );
        for (const batch of batches) {
          await store.append(batch);
        }
        const id = (await store.findSessionId({ userId: '42' })) ?? '';
        const before = await read(id);
        for (const batch of batches) {
          await store.append(batch);
        }
        expect(await read(id)).toEqual(before);
        expect(before.requests).toHaveLength(3);
      });

      it('takes the same sequence of another writer as another batch', async () => {
        const other = new TestWriter(harness.otherStore);
        const id = await writer.sessionOf(exchangeOf(user('42')));
        await other.append(exchangeOf(user('42')));
        expect((await read(id)).requests).toHaveLength(2);
      });

      it('goes on after a gap in the sequence', async () => {
        const id = await writer.sessionOf(exchangeOf(user('42')));
        writer.batch([]);
        await writer.append(exchangeOf(user('42')));
        expect((await read(id)).requests).toHaveLength(2);
      });

      it('refuses a batch that follows one which is not stored', async () => {
        const first = writer.batch([exchangeOf(user('42'), { id: 'first' })]);
        const second = writer.batch(
          [exchangeOf(user('42'), { id: 'second' })],
          {
            follows: first.sequence,
          },
        );
        await expect(store.append(second)).rejects.toBeInstanceOf(
          StoreUnavailableError,
        );
        expect(await store.findSessionId({ userId: '42' })).toBeNull();

        const [answer] = (await store.append(first)).exchanges;
        await store.append(second);
        const { requests } = await read(answer?.sessionId ?? '');
        expect(requests.map(({ request_id }) => request_id)).toEqual([
          'first',
          'second',
        ]);
      });

      it('answers each of several that follow each other as it did, once each', async () => {
        const batches = [0, 1, 2].map((index) =>
          writer.batch(
            [exchangeOf(user(String(index))), exchangeOf(user('42'))],
            index === 0 ? {} : { follows: index },
          ),
        );
        const answers = await Promise.all(
          batches.map((batch) => store.append(batch)),
        );
        const retried = await Promise.all(
          batches.map((batch) => store.append(batch)),
        );
        expect(retried).toEqual(answers);
        const id = (await store.findSessionId({ userId: '42' })) ?? '';
        expect((await read(id)).requests).toHaveLength(3);
      });

      it('answers a batch of nothing with nothing', async () => {
        expect(await store.append(writer.batch([]))).toEqual({
          exchanges: [],
          cappedRoutes: 0,
          cappedClients: 0,
        });
      });
    });

    describe('the end of a session', () => {
      it('ends it, data and all, after the idle time', async () => {
        const client = user('42', '192.0.2.3');
        const id = await writer.sessionOf(exchangeOf(client));
        await harness.passTime(97);
        expect(await store.findSessionId({ userId: '42' })).toBe(id);
        await harness.passTime(4);
        expect(await store.findSessionId({ userId: '42' })).toBeNull();
        expect(await store.readSession(id)).toBeNull();
        expect(await listIds({ limit: 10 })).toEqual([]);
        expect(await listIdsOf({ userId: '42' })).toEqual([]);
        expect(await listIdsOf({ ip: '192.0.2.3' })).toEqual([]);
        expect(await store.eraseSession(id)).toBeNull();

        const next = await writer.sessionOf(exchangeOf(client));
        expect(next).not.toBe(id);
        expect((await read(next)).info).toMatchObject({ request_count: 1 });
        expect((await read(next)).info).not.toHaveProperty(
          'previous_session_id',
        );
      });

      it('keeps it as long as its client is busy', async () => {
        const client = visitor('192.0.2.4');
        const id = await writer.sessionOf(exchangeOf(client));
        for (let round = 1; round <= 4; round += 1) {
          await harness.passTime(60);
          expect(
            await writer.sessionOf(
              exchangeOf(client, { timestamp: at(round * 60) }),
            ),
          ).toBe(id);
        }
        const { info, requests, responses } = await read(id);
        expect(info.request_count).toBe(5);
        expect([requests.length, responses.length]).toEqual([5, 5]);
        expect(await listIds({ limit: 10 })).toEqual([id]);
        expect(await listIdsOf({ ip: '192.0.2.4' })).toEqual([id]);
      });

      it('ends a busy one by age; the next names it and both stay readable', async () => {
        await restart({ maxSessionSeconds: 50 });
        const client = user('42');
        const first = await writer.sessionOf(exchangeOf(client));
        expect(
          await writer.sessionOf(exchangeOf(client, { timestamp: at(49.999) })),
        ).toBe(first);
        const second = await writer.sessionOf(
          exchangeOf(client, { timestamp: at(50) }),
        );
        expect(second).not.toBe(first);
        expect((await read(second)).info).toMatchObject({
          previous_session_id: first,
          created_at: at(50),
          request_count: 1,
        });
        expect((await read(first)).info.request_count).toBe(2);
        expect(await store.findSessionId({ userId: '42' })).toBe(second);
        expect(await listIdsOf({ userId: '42' })).toEqual([second, first]);
        expect(await listIds({ limit: 10 })).toEqual([second, first]);

        const third = await writer.sessionOf(
          exchangeOf(client, { timestamp: at(100) }),
        );
        expect((await read(third)).info.previous_session_id).toBe(second);
      });

      it('keeps the data of one that ended by age for retentionSeconds from then', async () => {
        await restart({ maxSessionSeconds: 50, retentionSeconds: 30 });
        const client = user('42');
        const first = await writer.sessionOf(exchangeOf(client));
        const second = await writer.sessionOf(
          exchangeOf(client, { timestamp: at(50) }),
        );
        await harness.passTime(29);
        expect(await store.readSession(first)).not.toBeNull();
        await harness.passTime(2);
        expect(await store.readSession(first)).toBeNull();
        expect(await listIdsOf({ userId: '42' })).toEqual([second]);
        expect(await listIds({ limit: 10 })).toEqual([second]);
      });

      it('keeps the data of an idle one while it is retained', async () => {
        await restart({ retentionSeconds: 500 });
        const client = user('42', '192.0.2.3');
        const first = await writer.sessionOf(exchangeOf(client));
        await harness.passTime(101);
        expect(await store.findSessionId({ userId: '42' })).toBeNull();
        expect((await read(first)).requests).toHaveLength(1);
        expect(await listIdsOf({ userId: '42' })).toEqual([first]);

        const second = await writer.sessionOf(
          exchangeOf(client, { timestamp: at(101) }),
        );
        expect(second).not.toBe(first);
        expect(await listIdsOf({ ip: '192.0.2.3' })).toEqual([second, first]);
        expect(await listIds({ limit: 10 })).toEqual([second, first]);
        await harness.passTime(401);
        expect(await store.readSession(first)).toBeNull();
        expect(await listIds({ limit: 10 })).toEqual([second]);
      });

      it('never lets the data of an open one go, however short the retention', async () => {
        await restart({ retentionSeconds: 10 });
        const id = await writer.sessionOf(exchangeOf(user('42')));
        await harness.passTime(95);
        expect(await store.findSessionId({ userId: '42' })).toBe(id);
        expect((await read(id)).requests).toHaveLength(1);
      });
    });

    describe('listing', () => {
      it('answers sessions newest first, with what a summary holds', async () => {
        const ids = await createSessions([3, 1, 2]);
        const { sessions, next_cursor } = await store.listSessions({
          limit: 10,
        });
        expect(sessions.map(({ session_id }) => session_id)).toEqual([
          ids[0],
          ids[2],
          ids[1],
        ]);
        expect(next_cursor).toBeNull();
        const { info } = await read(ids[0] ?? '');
        expect(sessions[0]).toEqual({ session_id: ids[0], ...info });
      });

      it('answers nothing where nothing is stored', async () => {
        expect(await store.listSessions({ limit: 10 })).toEqual({
          sessions: [],
          next_cursor: null,
        });
      });

      it('pages through all of them, each once', async () => {
        const ids = await createSessions(
          Array.from({ length: 11 }, (_, index) => index),
        );
        const newestFirst = ids.toReversed();
        const pages = await pageThrough({ limit: 4 });
        expect(pages.map(({ length }) => length)).toEqual([4, 4, 3]);
        expect(pages.flat()).toEqual(newestFirst);
        expect((await pageThrough({ limit: 11 })).length).toBe(1);
        expect((await pageThrough({ limit: 1 })).flat()).toEqual(newestFirst);
      });

      it('pages through sessions of the same millisecond', async () => {
        const ids = await createSessions([
          1, 2.001, 2.001, 2.001, 2.001, 2.001, 2.001, 2.001, 3,
        ]);
        for (const limit of [1, 2, 3, 7]) {
          const found = (await pageThrough({ limit })).flat();
          expect(found).toHaveLength(ids.length);
          expect(new Set(found)).toEqual(new Set(ids));
        }
      });

      it('moves no session to another page when new ones arrive meanwhile', async () => {
        const ids = await createSessions([1, 2, 3, 3, 4, 5]);
        let second = 5;
        const found = (
          await pageThrough({ limit: 2 }, async () => {
            second += 1;
            await createSessions([second, second]);
          })
        ).flat();
        expect(found).toHaveLength(ids.length);
        expect(new Set(found)).toEqual(new Set(ids));
      });

      it('goes on where the page ended though its last session is gone', async () => {
        const ids = await createSessions([1, 2, 3, 4]);
        const page = await store.listSessions({ limit: 2 });
        await store.eraseSession(ids[2] ?? '');
        expect(
          await listIds({ limit: 2, cursor: page.next_cursor ?? '' }),
        ).toEqual([ids[1], ids[0]]);
      });

      it('fills a page though sessions in between have gone', async () => {
        const ids = await createSessions([1, 2, 3, 4, 5, 6]);
        await store.eraseSession(ids[5] ?? '');
        await store.eraseSession(ids[4] ?? '');
        const pages = await pageThrough({ limit: 2 });
        expect(pages).toEqual([
          [ids[3], ids[2]],
          [ids[1], ids[0]],
        ]);
      });

      it('narrows by since and until, both included', async () => {
        const ids = await createSessions([1, 2, 3.5, 4, 5]);
        expect(await listIds({ limit: 9, since: at(3.5) })).toEqual([
          ids[4],
          ids[3],
          ids[2],
        ]);
        expect(await listIds({ limit: 9, until: at(3.5) })).toEqual([
          ids[2],
          ids[1],
          ids[0],
        ]);
        expect(await listIds({ limit: 9, since: at(2), until: at(4) })).toEqual(
          [ids[3], ids[2], ids[1]],
        );
        expect(await listIds({ limit: 9, since: at(4), until: at(2) })).toEqual(
          [],
        );
        expect(
          await pageThrough({ limit: 1, since: at(2), until: at(4) }),
        ).toEqual([[ids[3]], [ids[2]], [ids[1]]]);
      });

      it.each(['', 'nonsense', 'e30', '🦊', 'x'.repeat(500)])(
        'refuses the cursor %j, which it never gave',
        async (cursor) => {
          await expect(
            store.listSessions({ limit: 5, cursor }),
          ).rejects.toBeInstanceOf(InvalidCursorError);
        },
      );
    });

    describe('the sessions of a client', () => {
      it('answers those of a user from every address, newest first', async () => {
        await restart({ maxSessionSeconds: 10 });
        const ids: string[] = [];
        for (const seconds of [0, 10, 20]) {
          ids.push(
            await writer.sessionOf(
              exchangeOf(user('42', `10.0.0.${seconds}`), {
                timestamp: at(seconds),
              }),
            ),
          );
        }
        await writer.append(exchangeOf(user('43', '10.0.0.10')));
        expect(await listIdsOf({ userId: '42' })).toEqual(ids.toReversed());
        const [newest] = await store.listSessionsOfClient({ userId: '42' });
        expect(newest).toEqual({
          session_id: ids[2],
          ...(await read(ids[2] ?? '')).info,
        });
      });

      it('answers those that began at an address, of users and anonymous ones', async () => {
        const [ofUser, ofVisitor, elsewhere] = await writer.sessionsOf(
          exchangeOf(user('42', '192.0.2.1'), { timestamp: at(1) }),
          exchangeOf(visitor('192.0.2.1'), { timestamp: at(2) }),
          exchangeOf(user('43', '192.0.2.2')),
        );
        expect(await listIdsOf({ ip: '192.0.2.1' })).toEqual([
          ofVisitor,
          ofUser,
        ]);
        expect(await listIdsOf({ ip: '192.0.2.2' })).toEqual([elsewhere]);
      });

      it('answers nothing about a stranger', async () => {
        expect(await listIdsOf({ userId: 'nobody' })).toEqual([]);
        expect(await listIdsOf({ ip: '203.0.113.1' })).toEqual([]);
        expect(await store.findSessionId({ userId: 'nobody' })).toBeNull();
        expect(await store.findSessionId({ ip: '203.0.113.1' })).toBeNull();
      });
    });

    describe('erasing', () => {
      it('leaves nothing that leads to the session', async () => {
        const client = user('42', '192.0.2.1');
        const id = await writer.sessionOf(
          exchangeOf(client),
          exchangeOf(client),
          { client, request: requestRecord() },
        );
        const [neighbour] = await writer.sessionsOf(
          exchangeOf(visitor('192.0.2.1')),
        );
        expect(await store.eraseSession(id)).toEqual({
          erased_sessions: 1,
          erased_requests: 3,
          erased_responses: 2,
        });
        expect(await store.readSession(id)).toBeNull();
        expect(await store.findSessionId({ userId: '42' })).toBeNull();
        expect(await listIdsOf({ userId: '42' })).toEqual([]);
        expect(await listIdsOf({ ip: '192.0.2.1' })).toEqual([neighbour]);
        expect(await listIds({ limit: 10 })).toEqual([neighbour]);
        expect(await store.eraseSession(id)).toBeNull();
      });

      it('lets the client begin anew', async () => {
        const client = visitor('192.0.2.1');
        const id = await writer.sessionOf(exchangeOf(client));
        await store.eraseSession(id);
        const next = await writer.sessionOf(
          exchangeOf(client, { timestamp: later() }),
        );
        expect(next).not.toBe(id);
        const { info, requests } = await read(next);
        expect(info.request_count).toBe(1);
        expect(info).not.toHaveProperty('previous_session_id');
        expect(requests).toHaveLength(1);
      });

      it('leaves the open session alone when an ended one is erased', async () => {
        await restart({ maxSessionSeconds: 10 });
        const client = user('42');
        const ended = await writer.sessionOf(exchangeOf(client));
        const open = await writer.sessionOf(
          exchangeOf(client, { timestamp: at(10) }),
        );
        await store.eraseSession(ended);
        expect(await store.findSessionId({ userId: '42' })).toBe(open);
        expect(await listIdsOf({ userId: '42' })).toEqual([open]);
      });

      it('does not bring it back when the batch that made it is retried', async () => {
        const batch = writer.batch([exchangeOf(user('42'))]);
        const [answer] = (await store.append(batch)).exchanges;
        await store.eraseSession(answer?.sessionId ?? '');
        await store.append(batch);
        expect(await store.findSessionId({ userId: '42' })).toBeNull();
        expect(await listIds({ limit: 10 })).toEqual([]);
      });
    });

    describe('an id that no session has', () => {
      it.each([
        randomUUID(),
        '',
        '__proto__',
        '*',
        'index',
        'user:42',
        'line\nbreak',
        '🦊',
        '\ud83e',
      ])('is no error: %j', async (id) => {
        await writer.append(exchangeOf(user('42')));
        expect(await store.readSession(id)).toBeNull();
        expect(await store.eraseSession(id)).toBeNull();
      });

      it('is no error though a client’s name makes it look like one', async () => {
        await writer.append(exchangeOf(user('42:info')));
        expect(await store.readSession('user:42')).toBeNull();
        expect(await store.eraseSession('user:42')).toBeNull();
        expect(await store.findSessionId({ userId: '42:info' })).not.toBeNull();
      });
    });

    it('answers what it holds, not the holding itself', async () => {
      const id = await writer.sessionOf(
        exchangeOf(user('42'), { timestamp: START }),
      );
      const taken = await read(id);
      taken.info.request_count = 99;
      taken.requests.length = 0;
      const [summary] = (await store.listSessions({ limit: 1 })).sessions;
      if (summary !== undefined) {
        summary.user_id = 'changed';
      }
      const { info, requests } = await read(id);
      expect(info).toMatchObject({ request_count: 1, user_id: '42' });
      expect(requests).toHaveLength(1);
    });
  });
}
