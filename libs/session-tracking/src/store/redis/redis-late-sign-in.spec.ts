import { describe, expect, it } from 'vitest';
import {
  at,
  exchangeOf,
  user,
  visitor,
} from '../../../testing/record-builders.js';
import { useRedis } from '../../../testing/redis-setting.js';
import type { SessionInfo } from '../../model/records/records.js';

const setting = useRedis();

function visit(second: number, ip = '192.0.2.1'): Promise<string> {
  return setting.writer.sessionOf(
    exchangeOf(visitor(ip), { timestamp: at(second) }),
  );
}

function act(userId: string, second: number): Promise<string> {
  return setting.writer.sessionOf(
    exchangeOf(user(userId, '192.0.2.1'), { timestamp: at(second) }),
  );
}

async function infoOf(id: string): Promise<SessionInfo | undefined> {
  return (await setting.store.readSession(id))?.info;
}

describe('a sign-in that is stored after what the user did next', () => {
  it('is linked all the same', async () => {
    const later = await act('43', 3);
    const next = await act('42', 2);
    const signIn = await visit(1);
    expect((await infoOf(signIn))?.next_session_id).toBe(next);
    expect((await infoOf(next))?.previous_session_id).toBe(signIn);
    expect(await infoOf(later)).not.toHaveProperty('previous_session_id');
  });

  it('is linked though nobody else was at the address', async () => {
    const next = await act('42', 2);
    const signIn = await visit(1);
    expect((await infoOf(signIn))?.next_session_id).toBe(next);
  });

  it('is none where the user was there before, came from elsewhere, or is linked', async () => {
    const before = await act('42', 1);
    const elsewhere = await visit(0, '192.0.2.2');
    const first = await visit(2);
    expect(await infoOf(first)).not.toHaveProperty('next_session_id');
    expect(await infoOf(elsewhere)).not.toHaveProperty('next_session_id');
    expect(await infoOf(before)).not.toHaveProperty('previous_session_id');
    const linked = await act('43', 3);
    expect((await infoOf(linked))?.previous_session_id).toBe(first);
    await setting.redis.del(setting.key('ip:192.0.2.1'));
    const second = await visit(2.5);
    expect(await infoOf(second)).not.toHaveProperty('next_session_id');
  });
});
