import type { Redis } from 'ioredis';
import { TRACKING_PREFIX } from '../tracking-prefix.js';

/** Memory in bytes of what finds requests by their ids. */
export async function measureIndexSize(redis: Redis): Promise<number> {
  let bytes = 0;
  const scan = redis.scanStream({
    match: `${TRACKING_PREFIX}:session:request:*`,
    count: 10_000,
  });
  for await (const keys of scan as AsyncIterable<string[]>) {
    for (const key of keys) {
      bytes += Number(await redis.memory('USAGE', key, 'SAMPLES', 0));
    }
  }
  return bytes;
}
