import { describe, expect, it } from 'vitest';
import {
  at,
  exchangeOf,
  later,
  requestRecord,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeErasing(tested: StoreUnderTest): void {
  describe('erasing', () => {
    it('leaves nothing that leads to the session', async () => {
      const client = user('42', '192.0.2.1');
      const id = await tested.writer.sessionOf(
        exchangeOf(client),
        exchangeOf(client),
        { client, request: requestRecord() },
      );
      const [neighbour] = await tested.writer.sessionsOf(
        exchangeOf(visitor('192.0.2.1')),
      );
      expect(await tested.store.eraseSession(id)).toEqual({
        erased_sessions: 1,
        erased_requests: 3,
        erased_responses: 2,
      });
      expect(await tested.store.readSession(id)).toBeNull();
      expect(await tested.store.findSessionId({ userId: '42' })).toBeNull();
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([]);
      expect(await tested.listIdsOf({ ip: '192.0.2.1' })).toEqual([neighbour]);
      expect(await tested.listIds({ limit: 10 })).toEqual([neighbour]);
      expect(await tested.store.eraseSession(id)).toBeNull();
    });

    it('lets the client begin anew', async () => {
      const client = visitor('192.0.2.1');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      await tested.store.eraseSession(id);
      const next = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: later() }),
      );
      expect(next).not.toBe(id);
      const { info, requests } = await tested.read(next);
      expect(info.request_count).toBe(1);
      expect(info).not.toHaveProperty('previous_session_id');
      expect(requests).toHaveLength(1);
    });

    it('leaves the open session alone when an ended one is erased', async () => {
      await tested.restart({ maxSessionSeconds: 10 });
      const client = user('42');
      const ended = await tested.writer.sessionOf(exchangeOf(client));
      const open = await tested.writer.sessionOf(
        exchangeOf(client, { timestamp: at(10) }),
      );
      await tested.store.eraseSession(ended);
      expect(await tested.store.findSessionId({ userId: '42' })).toBe(open);
      expect(await tested.listIdsOf({ userId: '42' })).toEqual([open]);
    });

    it('leaves no name of it in the session of the user who signed in', async () => {
      const [anonymous = '', ofUser = ''] = await tested.writer.sessionsOf(
        exchangeOf(visitor('192.0.2.1')),
        exchangeOf(user('42', '192.0.2.1')),
      );
      expect((await tested.infoOf(ofUser)).previous_session_id).toBe(anonymous);
      await tested.store.eraseSession(anonymous);
      expect(await tested.infoOf(ofUser)).not.toHaveProperty(
        'previous_session_id',
      );
    });

    it('does not bring it back when the batch that made it is retried', async () => {
      const batch = tested.writer.batch([exchangeOf(user('42'))]);
      const [answer] = (await tested.store.prepare(batch).append()).exchanges;
      await tested.store.eraseSession(answer?.sessionId ?? '');
      await tested.store.prepare(batch).append();
      expect(await tested.store.findSessionId({ userId: '42' })).toBeNull();
      expect(await tested.listIds({ limit: 10 })).toEqual([]);
    });
  });
}
