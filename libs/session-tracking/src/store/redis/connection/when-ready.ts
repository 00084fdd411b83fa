import type { Redis } from 'ioredis';
import { afterLastReading } from './answer-within.js';

/** Waits under way: a connection is listened to once, however many ask for it at once. */
const waits = new WeakMap<Redis, Promise<void>>();

/** Waits for a connection that is being opened, and opens one that is not. */
export async function whenReady(redis: Redis, limitMs: number): Promise<void> {
  // A connection that has ended without being told to, as where ioredis gave up, is opened again.
  if (redis.status === 'wait' || redis.status === 'end') {
    // A failure shows below: the connection is not ready then and refuses the command.
    redis.connect().catch(() => undefined);
  }
  if (redis.status !== 'connecting' && redis.status !== 'connect') {
    return;
  }
  let wait = waits.get(redis);
  if (wait === undefined) {
    wait = waitForConnection(redis, limitMs).finally(() => waits.delete(redis));
    waits.set(redis, wait);
  }
  await wait;
}

function waitForConnection(redis: Redis, limitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      callOff();
      redis.off('ready', settle);
      redis.off('close', settle);
      resolve();
    };
    const callOff = afterLastReading(limitMs, settle);
    redis.once('ready', settle);
    redis.once('close', settle);
  });
}
