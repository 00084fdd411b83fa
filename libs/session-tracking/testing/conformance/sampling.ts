import { describe, expect, it } from 'vitest';
import { slotAt } from '../../src/model/totals/time-slot.js';
import { exchangeOf, leftOut, START, user } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeSampling(tested: StoreUnderTest): void {
  describe('what sampling left out', () => {
    it('counts in the totals and is stored nowhere else', async () => {
      const answer = await tested.writer.append(leftOut(user('42')));
      expect(answer.exchanges).toEqual([{ outcome: 'stored', sessionId: '' }]);
      expect(await tested.store.findSessionId({ userId: '42' })).toBeNull();
      expect(await tested.listIds({ limit: 10 })).toEqual([]);
      expect(await tested.store.readUsage(slotAt(START, 60))).toMatchObject({
        requests: 1,
        responses: 1,
        newSessions: 0,
      });
      const { clientSlotLength } = tested.store;
      const clients = await tested.store.readClients(
        slotAt(START, clientSlotLength),
      );
      expect(clients.get('user:42')?.requests).toBe(1);
      expect(await tested.store.countClients([slotAt(START, 60)])).toBe(1);
    });

    it('stands apart from what is kept of the same client', async () => {
      const client = user('42');
      const answer = await tested.writer.append(
        leftOut(client, { id: 'a', duration: 5 }),
        exchangeOf(client, {
          id: 'b',
          status: 500,
          duration: 7,
          sampling: 'kept',
        }),
        leftOut(client, { id: 'c', duration: 11 }),
      );
      expect(answer.exchanges.map(({ outcome }) => outcome)).toEqual([
        'stored',
        'stored',
        'stored',
      ]);
      const [before, kept, after] = answer.exchanges;
      expect([before?.sessionId, after?.sessionId]).toEqual(['', '']);
      const { info, requests, responses } = await tested.read(
        kept?.sessionId ?? '',
      );
      expect(requests.map(({ request_id }) => request_id)).toEqual(['b']);
      expect(responses.map(({ request_id }) => request_id)).toEqual(['b']);
      expect(info).toMatchObject({
        request_count: 1,
        response_count: 1,
        error_count: 1,
        duration_us_total: 7000,
        partial: true,
      });
      const routes = await tested.store.readRoutes(slotAt(START, 300));
      expect(routes.get('GET unmatched')).toMatchObject({
        requests: 3,
        serverErrors: 1,
        durationMicroseconds: 23_000,
      });
    });

    it('makes a session partial that begins with what was kept, for good', async () => {
      const client = user('42');
      const id = await tested.writer.sessionOf(
        exchangeOf(client, { sampling: 'kept' }),
      );
      await tested.writer.append(exchangeOf(client));
      expect(await tested.infoOf(id)).toMatchObject({
        partial: true,
        request_count: 2,
      });
    });

    it('makes a session partial that began whole', async () => {
      const client = user('42');
      const id = await tested.writer.sessionOf(exchangeOf(client));
      expect(await tested.infoOf(id)).not.toHaveProperty('partial');
      await tested.writer.append(
        exchangeOf(client),
        exchangeOf(client, { sampling: 'kept' }),
      );
      expect(await tested.infoOf(id)).toMatchObject({ partial: true });
    });
  });
}
