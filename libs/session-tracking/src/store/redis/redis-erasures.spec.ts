import { describe, expect, it } from 'vitest';
import { exchangeOf, moment, user } from '../../../testing/record-builders.js';
import { useRedis } from '../../../testing/redis-setting.js';
import { CONFORMANCE_POLICY } from '../../../testing/session-store-conformance.js';
import type { ErasureReport } from '../session-store.js';

const setting = useRedis();

/** The stems of session ids that the index of requests holds. */
async function entries(): Promise<string[]> {
  const keys = await setting.redis.keys(setting.key('request:*'));
  const stems = await Promise.all(keys.map((key) => setting.redis.hvals(key)));
  return stems.flat();
}

async function keysNaming(session: string): Promise<string[]> {
  return setting.redis.keys(`*${session}*`);
}

/** How often a script was asked for since the counts began. */
async function scriptCalls(): Promise<number> {
  const counts = await setting.redis.info('commandstats');
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(counts)?.[1]);
}

describe('an erasure in Redis', () => {
  it.each([0, 60, 240, 1e9])(
    'leaves no entry of requests whose time was %d s ahead',
    async (ahead) => {
      const policy = {
        ...CONFORMANCE_POLICY,
        sessionTtlSeconds: 7200,
        retentionSeconds: 7200,
        maxSessionSeconds: 86_400,
      };
      setting.use(policy);
      // Whole slices of the index, so that entries are where they would be.
      const seconds = 5 * Math.ceil(7200 / 64);
      await setting.writer.append(
        exchangeOf(user('42'), { timestamp: moment() - seconds }),
        exchangeOf(user('42'), { timestamp: moment() - seconds + ahead }),
      );
      await setting.age(setting.prefix, seconds, policy);
      expect(await entries()).toHaveLength(2);
      await setting.store.eraseClient({ userId: '42' });
      expect(await entries()).toEqual([]);
    },
  );

  it.each<[string, (session: string) => Promise<ErasureReport | null>]>([
    ['session', (session) => setting.store.eraseSession(session)],
    ['client', () => setting.store.eraseClient({ userId: '42' })],
  ])(
    'removes a long %s in parts, and counts all of them',
    async (_what, erase) => {
      setting.use({ maxRecordsPerSession: 10_000 });
      const timestamp = moment();
      let session = '';
      for (let batch = 0; batch < 25; batch += 1) {
        session = await setting.writer.sessionOf(
          ...Array.from({ length: 100 }, () =>
            exchangeOf(user('42'), { timestamp }),
          ),
        );
      }
      expect(await entries()).toHaveLength(2500);
      await setting.redis.config('RESETSTAT');
      expect(await erase(session)).toEqual({
        erased_sessions: 1,
        erased_requests: 2500,
        erased_responses: 2500,
      });
      expect(await scriptCalls()).toBeGreaterThanOrEqual(3);
      expect(await entries()).toEqual([]);
      expect(await keysNaming(session)).toEqual([]);
      expect(await setting.store.findSessionId({ userId: '42' })).toBeNull();
    },
  );

  it.each<[string, (session: string) => Promise<ErasureReport | null>]>([
    ['session', (session) => setting.store.eraseSession(session)],
    ['client', () => setting.store.eraseClient({ userId: '42' })],
  ])(
    'removes the records of a %s whose info became another program’s',
    async (_what, erase) => {
      const session = await setting.writer.sessionOf(
        exchangeOf(user('42'), { timestamp: moment() }),
      );
      await setting.redis.set(setting.key(`${session}:info`), 'of theirs');
      expect(await erase(session)).toEqual({
        erased_sessions: 1,
        erased_requests: 1,
        erased_responses: 1,
      });
      expect(await keysNaming(session)).toEqual([
        setting.key(`${session}:info`),
      ]);
      expect(await setting.redis.zcard(setting.key('index'))).toBe(0);
    },
  );
});
