import { describe, expect, it, vi } from 'vitest';
import type { TrackedRecord } from '../../src/model/records/records.js';
import {
  exchangeOf,
  leftOut,
  requestRecord,
  START,
  TestWriter,
  user,
  visitor,
} from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

/** What was heard, and how to wait for it. */
class Ear {
  readonly heard: TrackedRecord[] = [];

  readonly listener = (records: readonly TrackedRecord[]): void => {
    this.heard.push(...records);
  };

  get ids(): string[] {
    return this.heard.map(({ type, record }) => `${type} ${record.request_id}`);
  }

  async waitFor(requestId: string): Promise<void> {
    await vi.waitFor(
      () => expect(this.ids).toContain(`response ${requestId}`),
      { timeout: 5000, interval: 5 },
    );
  }
}

export function describeFollowing(tested: StoreUnderTest): void {
  describe('following what is stored', () => {
    it('hears each record with its session, the request before its response', async () => {
      const ear = new Ear();
      await tested.store.subscribe(ear.listener);
      const ofUser = user('42', '192.0.2.1');
      const first = exchangeOf(ofUser, { id: 'a', route: '/items/:id' });
      const second = exchangeOf(ofUser, { id: 'b', status: 500 });
      const third = exchangeOf(visitor('192.0.2.2'), { id: 'c' });
      const ids = await tested.writer.sessionsOf(first, second, third);
      await ear.waitFor('c');
      expect(ear.ids).toEqual([
        'request a',
        'response a',
        'request b',
        'response b',
        'request c',
        'response c',
      ]);
      expect(ear.heard[0]).toEqual({
        session_id: ids[0],
        user_id: '42',
        client_ip: '192.0.2.1',
        type: 'request',
        record: first.request,
      });
      expect(ear.heard[5]).toEqual({
        session_id: ids[2],
        user_id: '',
        client_ip: '192.0.2.2',
        type: 'response',
        record: third.response,
      });
    });

    it('hears every instance, also where nobody asked for session ids', async () => {
      const ear = new Ear();
      await tested.store.subscribe(ear.listener);
      const other = new TestWriter(tested.otherStore);
      const batch = other.batch([exchangeOf(user('42'), { id: 'a' })], {
        wantsSessionIds: false,
      });
      await tested.otherStore.prepare(batch).append();
      await ear.waitFor('a');
      const id = await tested.store.findSessionId({ userId: '42' });
      expect(ear.heard.map(({ session_id }) => session_id)).toEqual([id, id]);
    });

    it('hears nothing that was left out, erased or sent again', async () => {
      await tested.store.eraseClient({ userId: 'erased' });
      const ear = new Ear();
      await tested.store.subscribe(ear.listener);
      const batch = tested.writer.batch([
        leftOut(user('42'), { id: 'left-out' }),
        exchangeOf(user('erased'), { id: 'erased', timestamp: START }),
        exchangeOf(user('42'), { id: 'a' }),
      ]);
      await tested.store.prepare(batch).append();
      await tested.store.prepare(batch).append();
      await tested.writer.append(leftOut(user('42'), { id: 'alone' }));
      await tested.writer.append(exchangeOf(user('42'), { id: 'last' }));
      await ear.waitFor('last');
      expect(ear.ids).toEqual([
        'request a',
        'response a',
        'request last',
        'response last',
      ]);
    });

    it('ends when it is ended, for one and not for the others', async () => {
      const [ear, other] = [new Ear(), new Ear()];
      const unsubscribe = await tested.store.subscribe(ear.listener);
      await tested.store.subscribe(other.listener);
      await tested.writer.append(exchangeOf(user('42'), { id: 'a' }));
      await ear.waitFor('a');
      await unsubscribe();
      await unsubscribe();
      await tested.writer.append(exchangeOf(user('42'), { id: 'b' }));
      await other.waitFor('b');
      expect(ear.ids).toEqual(['request a', 'response a']);
      expect(other.ids).toHaveLength(4);
    });

    it('hurts nobody when a listener throws', async () => {
      const ear = new Ear();
      await tested.store.subscribe(() => {
        throw new Error('the listener is broken');
      });
      await tested.store.subscribe(ear.listener);
      const { exchanges } = await tested.writer.append(
        exchangeOf(user('42'), { id: 'a' }),
      );
      expect(exchanges[0]?.outcome).toBe('stored');
      await ear.waitFor('a');
      await tested.writer.append(exchangeOf(user('42'), { id: 'b' }));
      await ear.waitFor('b');
    });

    it('gives records away, not the holding itself', async () => {
      await tested.store.subscribe((records) => {
        for (const { record } of records) {
          record.request_id = 'changed';
        }
      });
      const id = await tested.writer.sessionOf({
        client: user('42'),
        request: requestRecord({ request_id: 'a' }),
      });
      const { requests } = await tested.read(id);
      expect(requests[0]?.request_id).toBe('a');
    });
  });
}
