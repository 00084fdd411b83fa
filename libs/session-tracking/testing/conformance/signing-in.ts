import { describe, expect, it } from 'vitest';
import { at, exchangeOf, leftOut, user, visitor } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';

const IP = '192.0.2.1';

export function describeSigningIn(tested: StoreUnderTest): void {
  const sessionOfVisitor = (ip = IP): Promise<string> =>
    tested.writer.sessionOf(exchangeOf(visitor(ip)));
  const sessionOfUser = (userId: string, ip = IP): Promise<string> =>
    tested.writer.sessionOf(exchangeOf(user(userId, ip)));

  async function expectNoLink(sessionId: string): Promise<void> {
    expect(await tested.infoOf(sessionId)).not.toHaveProperty(
      'previous_session_id',
    );
  }

  describe('signing in', () => {
    it('links the session of the user with that of the address', async () => {
      const anonymous = await sessionOfVisitor();
      const ofUser = await sessionOfUser('42');
      expect(ofUser).not.toBe(anonymous);
      expect(await tested.infoOf(ofUser)).toMatchObject({
        previous_session_id: anonymous,
      });
      expect(await tested.infoOf(anonymous)).toMatchObject({
        next_session_id: ofUser,
        request_count: 1,
      });
      expect(await tested.store.findSessionId({ ip: IP })).toBe(anonymous);
    });

    it('does so within one batch', async () => {
      const [anonymous, ofUser] = await tested.writer.sessionsOf(
        exchangeOf(visitor(IP)),
        exchangeOf(user('42', IP)),
      );
      expect(await tested.infoOf(ofUser ?? '')).toMatchObject({
        previous_session_id: anonymous,
      });
    });

    it('leads forward only: not to what an anonymous client does later', async () => {
      const ofUser = await sessionOfUser('42');
      const anonymous = await sessionOfVisitor();
      await sessionOfUser('42');
      await expectNoLink(ofUser);
      await expectNoLink(anonymous);
      expect(await tested.infoOf(anonymous)).not.toHaveProperty(
        'next_session_id',
      );
    });

    it('links nothing where the address has no open session', async () => {
      await tested.restart({ retentionSeconds: 500 });
      await sessionOfVisitor();
      await tested.writer.append(leftOut(visitor('192.0.2.3')));
      await sessionOfUser('other', '192.0.2.4');
      await expectNoLink(await sessionOfUser('41', '192.0.2.2'));
      await expectNoLink(await sessionOfUser('42', '192.0.2.3'));
      await expectNoLink(await sessionOfUser('43', '192.0.2.4'));
      await tested.passTime(101);
      await expectNoLink(await sessionOfUser('44'));
    });

    it('links nothing over an address that nobody knows', async () => {
      await sessionOfVisitor('unknown');
      await expectNoLink(await sessionOfUser('42', 'unknown'));
    });

    it('refuses a session that led to another user', async () => {
      const anonymous = await sessionOfVisitor();
      const first = await sessionOfUser('42');
      await expectNoLink(await sessionOfUser('43'));
      expect(await tested.infoOf(anonymous)).toMatchObject({
        next_session_id: first,
      });
    });

    it('takes a session that led to the same user before', async () => {
      await tested.restart({ retentionSeconds: 500 });
      const anonymous = await sessionOfVisitor();
      const first = await sessionOfUser('42');
      await tested.passTime(60);
      await sessionOfVisitor();
      await tested.passTime(60);
      const second = await sessionOfUser('42');
      expect(second).not.toBe(first);
      expect(await tested.infoOf(second)).toMatchObject({
        previous_session_id: anonymous,
      });
      expect(await tested.infoOf(anonymous)).toMatchObject({
        next_session_id: second,
      });
    });

    it('refuses a session that led to one which is gone, whoever that was', async () => {
      const anonymous = await sessionOfVisitor();
      const first = await sessionOfUser('42');
      await tested.passTime(60);
      await sessionOfVisitor();
      await tested.passTime(60);
      expect(await tested.store.readSession(first)).toBeNull();
      await expectNoLink(await sessionOfUser('42'));
      expect(await tested.infoOf(anonymous)).toMatchObject({
        next_session_id: first,
      });
    });

    it('is nothing that happens when a session ends by age', async () => {
      await tested.restart({ maxSessionSeconds: 50 });
      const first = await sessionOfUser('42');
      const anonymous = await sessionOfVisitor();
      const second = await tested.writer.sessionOf(
        exchangeOf(user('42', IP), { timestamp: at(50) }),
      );
      expect(await tested.infoOf(second)).toMatchObject({
        previous_session_id: first,
      });
      expect(await tested.infoOf(anonymous)).not.toHaveProperty(
        'next_session_id',
      );
    });
  });
}
