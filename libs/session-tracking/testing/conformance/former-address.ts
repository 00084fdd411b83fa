import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/model/clients/client-identity.js';
import { at, exchangeOf, user, visitor } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

/** A client whose address got another salt. */
const MOVED: Client = { userId: '', ip: 'today', formerIp: 'yesterday' };
const BEFORE: Client = { userId: '', ip: 'yesterday' };

export function describeFormerAddress(tested: StoreUnderTest): void {
  describe('an address under another salt', () => {
    it('goes on with the session under the one before', async () => {
      const id = await tested.writer.sessionOf(exchangeOf(BEFORE, { id: 'a' }));
      expect(
        await tested.writer.sessionOf(exchangeOf(MOVED, { id: 'b' })),
      ).toBe(id);
      await tested.passTime(60);
      await tested.writer.append(exchangeOf(MOVED, { id: 'c' }));
      await tested.passTime(60);
      expect(
        await tested.writer.sessionOf(exchangeOf(MOVED, { id: 'd' })),
      ).toBe(id);
      const { info, requests } = await tested.read(id);
      expect(requests.map(({ request_id }) => request_id)).toEqual([
        'a',
        'b',
        'c',
        'd',
      ]);
      expect(info.request_count).toBe(4);
      expect(await tested.listIds({ limit: 10 })).toEqual([id]);
    });

    it('has a session of its own where there is one already', async () => {
      const [ofToday, ofYesterday] = await tested.writer.sessionsOf(
        exchangeOf(visitor('192.0.2.1')),
        exchangeOf(visitor('192.0.2.2')),
      );
      const moved = { ...visitor('192.0.2.1'), formerIp: '192.0.2.2' };
      expect(ofToday).not.toBe(ofYesterday);
      expect(await tested.writer.sessionOf(exchangeOf(moved))).toBe(ofToday);
    });

    it('begins anew where the session before has ended', async () => {
      await tested.restart({ retentionSeconds: 500, maxSessionSeconds: 50 });
      const idle = await tested.writer.sessionOf(exchangeOf(BEFORE));
      await tested.passTime(101);
      const next = await tested.writer.sessionOf(exchangeOf(MOVED));
      expect(next).not.toBe(idle);
      expect(await tested.store.findSessionId({ ip: 'today' })).toBe(next);
      expect(await tested.infoOf(next)).toMatchObject({ client_ip: 'today' });
    });

    it('names the session before where that has ended by age', async () => {
      await tested.restart({ maxSessionSeconds: 50 });
      const aged = await tested.writer.sessionOf(exchangeOf(BEFORE));
      const next = await tested.writer.sessionOf(
        exchangeOf(MOVED, { timestamp: at(50) }),
      );
      expect(await tested.infoOf(next)).toMatchObject({
        client_ip: 'today',
        previous_session_id: aged,
      });
      expect(await tested.store.findSessionId({ ip: 'today' })).toBe(next);
    });

    it('is where a user comes from who signs in, in a session of its own', async () => {
      const anonymous = await tested.writer.sessionOf(exchangeOf(BEFORE));
      const ofUser = await tested.writer.sessionOf(
        exchangeOf({ ...user('42'), formerIp: 'yesterday' }),
      );
      expect(ofUser).not.toBe(anonymous);
      expect(await tested.infoOf(ofUser)).toMatchObject({
        client_ip: user('42').ip,
        previous_session_id: anonymous,
      });
      expect(await tested.infoOf(anonymous)).toMatchObject({
        next_session_id: ofUser,
      });
    });
  });
}
