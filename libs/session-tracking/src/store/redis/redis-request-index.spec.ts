import { describe, expect, it } from 'vitest';
import {
  exchangeOf,
  moment,
  responseRecord,
  user,
} from '../../../testing/record-builders.js';
import { useRedis } from '../../../testing/redis-setting.js';
import { CONFORMANCE_POLICY } from '../../../testing/session-store-conformance.js';

const setting = useRedis();

describe('the index of requests', () => {
  const policy = {
    ...CONFORMANCE_POLICY,
    sessionTtlSeconds: 6400,
    retentionSeconds: 6400,
    maxSessionSeconds: 100_000,
  };

  it('is written anew in time for long sessions that come back late together', async () => {
    setting.use(policy);
    const ids: string[] = [];
    for (const name of ['a', 'b']) {
      for (let first = 0; first < 600; first += 100) {
        ids.push(
          ...(await setting.writer.sessionsOf(
            ...Array.from({ length: 100 }, (_, index) =>
              exchangeOf(user(name), {
                id: `${name}${first + index}`,
                timestamp: moment(),
              }),
            ),
          )),
        );
      }
    }
    await setting.age(setting.prefix, 0.9 * 6400, policy);
    await setting.writer.append(
      exchangeOf(user('a'), { timestamp: moment() }),
      exchangeOf(user('b'), { timestamp: moment() }),
    );
    await setting.age(setting.prefix, 0.7 * 6400, policy);
    expect(await setting.store.findRequest('a599')).toBe(ids[0]);
    expect(await setting.store.findRequest('b599')).toBe(ids[600]);
  });

  it('costs a response nothing where the list of requests is another program’s', async () => {
    setting.use(policy);
    const client = user('42');
    const session = await setting.writer.sessionOf(
      exchangeOf(client, { timestamp: moment() }),
    );
    const requests = setting.key(`${session}:requests`);
    await setting.redis.set(requests, 'of theirs', 'EX', 6400);
    await setting.age(setting.prefix, 4000, policy);
    const { exchanges } = await setting.writer.append({
      client,
      response: responseRecord({ timestamp: moment() }),
    });
    expect(exchanges[0]?.outcome).toBe('stored');
    expect(await setting.redis.ttl(setting.key(`${session}:info`))).toBeCloseTo(
      6400,
      -1,
    );
  });
});

it('lists a session that ended by age, and finds its requests, as long as its data stays', async () => {
  const policy = {
    ...CONFORMANCE_POLICY,
    sessionTtlSeconds: 7200,
    retentionSeconds: 7200,
    maxSessionSeconds: 10_800,
  };
  setting.use(policy);
  const end = moment();
  const ended = await setting.writer.sessionOf(
    exchangeOf(user('42'), { id: 'first', timestamp: end - 11_000 }),
  );
  await setting.age(setting.prefix, 2800, policy);
  await setting.writer.append(
    exchangeOf(user('42'), { id: 'second', timestamp: end - 8200 }),
  );
  await setting.age(setting.prefix, 7100, policy);
  const next = await setting.writer.sessionOf(
    exchangeOf(user('42'), { id: 'third', timestamp: end }),
  );
  await setting.age(setting.prefix, 1000, policy);
  await setting.writer.append(exchangeOf(user('43'), { timestamp: end }));

  const { sessions } = await setting.store.listSessions({ limit: 10 });
  expect(sessions.map(({ session_id }) => session_id)).toEqual(
    expect.arrayContaining([ended, next]),
  );
  expect(await setting.store.findRequest('first')).toBe(ended);
  expect(await setting.store.findRequest('second')).toBe(ended);
});
