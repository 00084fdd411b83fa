import { beforeEach, expect, it } from 'vitest';
import {
  at,
  exchangeOf,
  START,
  TestWriter,
  user,
} from '../../testing/record-builders.js';
import { CONFORMANCE_POLICY } from '../../testing/session-store-conformance.js';
import { HashingAnonymizer } from '../model/clients/address-hashing.js';
import { toClient } from '../model/clients/client-identity.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import { SessionAnalytics } from './session-analytics.js';

const ADDRESS = '203.0.113.7';
const MONDAY = Buffer.alloc(32, 1);
const TUESDAY = Buffer.alloc(32, 2);

let analytics: SessionAnalytics;
/** Sessions from the address, newest first: of a user today, of a user yesterday, of nobody before. */
let sessionIds: string[];

beforeEach(async () => {
  const addresses = new HashingAnonymizer({ current: MONDAY });
  const store = new MemorySessionStore(CONFORMANCE_POLICY, () => at(30) * 1000);
  const writer = new TestWriter(store);
  const visit = (userId: string, second: number): Promise<string> =>
    writer.sessionOf(
      exchangeOf(toClient({ userId, ip: ADDRESS }, addresses), {
        timestamp: at(second),
      }),
    );
  sessionIds = [await visit('', 0)];
  sessionIds.unshift(await visit('42', 10));
  addresses.useSalts({ current: TUESDAY, previous: MONDAY });
  sessionIds.unshift(await visit('43', 20));
  await writer.append(exchangeOf(user('44')));
  analytics = new SessionAnalytics(
    store,
    { ...CONFORMANCE_POLICY, sampling: { rate: 1 } },
    addresses,
    () => Math.round(at(30) * 1000),
  );
});

function idsOf(sessions: readonly { session_id: string }[] = []): string[] {
  return sessions.map(({ session_id }) => session_id);
}

it('the sessions of an address are those of both its names', async () => {
  const client = await analytics.getClient({ ip: ADDRESS });
  expect(idsOf(client?.sessions)).toEqual(sessionIds);
  expect(client?.current_session_id).toBe(sessionIds[2]);
});

it('the export of an address has what went by its former name', async () => {
  const exported = await analytics.exportClient({ ip: ADDRESS });
  expect(idsOf(exported?.sessions)).toEqual(sessionIds.slice(2));
});

it('a search by address finds both its names, page by page', async () => {
  const page = await analytics.getSessions({ ip: ADDRESS, limit: 2 });
  expect(idsOf(page.sessions)).toEqual(sessionIds.slice(0, 2));
  const rest = await analytics.getSessions({
    ip: ADDRESS,
    cursor: page.next_cursor ?? '',
  });
  expect(idsOf(rest.sessions)).toEqual(sessionIds.slice(2));
  const ofUser = await analytics.getSessions({ ip: ADDRESS, user_id: '42' });
  expect(idsOf(ofUser.sessions)).toEqual(sessionIds.slice(1, 2));
});

it('the endpoints of an address are measured over both its names', async () => {
  const { client } = await analytics.getEndpoints({
    ip: ADDRESS,
    since: START - 60,
  });
  expect(client).toMatchObject({ sessions: 3 });
});

it('an erasure takes both names from what users keep', async () => {
  expect(await analytics.eraseClient({ ip: ADDRESS })).toMatchObject({
    erased_sessions: 1,
  });
  expect(await analytics.getClient({ ip: ADDRESS })).toBeNull();
  for (const id of sessionIds.slice(0, 2)) {
    expect(await analytics.getSession(id)).toMatchObject({
      client_ip: 'unknown',
    });
  }
});
