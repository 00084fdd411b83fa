import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../src/errors/store-unavailable.error.js';
import { exchangeOf, TestWriter, user, visitor } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeRetries(tested: StoreUnderTest): void {
  describe('retries', () => {
    it('stores a batch once however often it arrives, and answers it alike', async () => {
      const batch = tested.writer.batch([
        exchangeOf(user('42'), { status: 500, duration: 3 }),
        exchangeOf(visitor('192.0.2.8')),
        exchangeOf(user('42')),
      ]);
      const answer = await tested.store.prepare(batch).append();
      const before = await tested.read(answer.exchanges[0]?.sessionId ?? '');
      expect(await tested.store.prepare(batch).append()).toEqual(answer);
      expect(
        await tested.otherStore.prepare(structuredClone(batch)).append(),
      ).toEqual(answer);
      expect(await tested.read(answer.exchanges[0]?.sessionId ?? '')).toEqual(
        before,
      );
      expect(before.info).toMatchObject({
        request_count: 2,
        error_count: 1,
        duration_us_total: 4000,
      });
    });

    it('does so for a batch that asked for no session ids', async () => {
      const batch = tested.writer.batch([exchangeOf(user('42'))], {
        wantsSessionIds: false,
      });
      const answer = await tested.store.prepare(batch).append();
      expect(await tested.store.prepare(batch).append()).toEqual(answer);
      const id = (await tested.store.findSessionId({ userId: '42' })) ?? '';
      expect((await tested.read(id)).requests).toHaveLength(1);
    });

    it('changes nothing when an older batch arrives again', async () => {
      const batches = [1, 2, 3].map(() =>
        tested.writer.batch([exchangeOf(user('42'))]),
      );
      for (const batch of batches) {
        await tested.store.prepare(batch).append();
      }
      const id = (await tested.store.findSessionId({ userId: '42' })) ?? '';
      const before = await tested.read(id);
      for (const batch of batches) {
        await tested.store.prepare(batch).append();
      }
      expect(await tested.read(id)).toEqual(before);
      expect(before.requests).toHaveLength(3);
    });

    it('takes the same sequence of another writer as another batch', async () => {
      const other = new TestWriter(tested.otherStore);
      const id = await tested.writer.sessionOf(exchangeOf(user('42')));
      await other.append(exchangeOf(user('42')));
      expect((await tested.read(id)).requests).toHaveLength(2);
    });

    it('goes on after a gap in the sequence', async () => {
      const id = await tested.writer.sessionOf(exchangeOf(user('42')));
      tested.writer.batch([]);
      await tested.writer.append(exchangeOf(user('42')));
      expect((await tested.read(id)).requests).toHaveLength(2);
    });

    it('refuses a batch that follows one which is not stored', async () => {
      const first = tested.writer.batch([
        exchangeOf(user('42'), { id: 'first' }),
      ]);
      const second = tested.store.prepare(
        tested.writer.batch([exchangeOf(user('42'), { id: 'second' })]),
      );
      await expect(second.append(first.sequence)).rejects.toBeInstanceOf(
        StoreUnavailableError,
      );
      expect(await tested.store.findSessionId({ userId: '42' })).toBeNull();

      const [answer] = (await tested.store.prepare(first).append()).exchanges;
      await second.append(first.sequence);
      const { requests } = await tested.read(answer?.sessionId ?? '');
      expect(requests.map(({ request_id }) => request_id)).toEqual([
        'first',
        'second',
      ]);
    });

    it('answers each of several that follow each other as it did, once each', async () => {
      const batches = [0, 1, 2].map((index) =>
        tested.store.prepare(
          tested.writer.batch([
            exchangeOf(user(String(index))),
            exchangeOf(user('42')),
          ]),
        ),
      );
      const append = (): Promise<unknown[]> =>
        Promise.all(
          batches.map((batch, index) =>
            batch.append(index === 0 ? undefined : index),
          ),
        );
      const answers = await append();
      const retried = await append();
      expect(retried).toEqual(answers);
      const id = (await tested.store.findSessionId({ userId: '42' })) ?? '';
      expect((await tested.read(id)).requests).toHaveLength(3);
    });

    it('answers a batch of nothing with nothing', async () => {
      expect(await tested.writer.append()).toEqual({
        exchanges: [],
      });
    });
  });
}
