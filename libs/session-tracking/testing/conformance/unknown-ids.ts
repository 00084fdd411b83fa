import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { exchangeOf, user } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

export function describeUnknownIds(tested: StoreUnderTest): void {
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
      await tested.writer.append(exchangeOf(user('42')));
      expect(await tested.store.readSession(id)).toBeNull();
      expect(await tested.store.readRequests(id)).toEqual([]);
      expect(await tested.store.eraseSession(id)).toBeNull();
    });

    it('is no error though a client’s name makes it look like one', async () => {
      await tested.writer.append(exchangeOf(user('42:info')));
      expect(await tested.store.readSession('user:42')).toBeNull();
      expect(await tested.store.eraseSession('user:42')).toBeNull();
      expect(
        await tested.store.findSessionId({ userId: '42:info' }),
      ).not.toBeNull();
    });
  });
}
