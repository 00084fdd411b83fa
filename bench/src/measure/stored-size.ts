import type { Redis } from 'ioredis';
import { addressOf } from '../load/clients.js';
import type { ClientRange } from '../load/request-rotation.js';
import { TRACKING_PREFIX } from '../tracking-prefix.js';

/** Memory of the records of sessions, per pair of request and response. */
export interface StoredSize {
  pairs: number;
  storedBytes: number;
  jsonBytes: number;
}

/** Reads the lists of each client's session as any other program would. */
export async function measureStoredSize(
  redis: Redis,
  { first, count }: ClientRange,
): Promise<StoredSize> {
  let pairs = 0;
  let stored = 0;
  let json = 0;
  for (let client = first; client < first + count; client += 1) {
    const base = `${TRACKING_PREFIX}:session:`;
    const session = await redis.get(`${base}ip:${addressOf(client)}`);
    for (const list of ['requests', 'responses']) {
      const key = `${base}${session}:${list}`;
      stored += Number(await redis.memory('USAGE', key, 'SAMPLES', 0));
      const records = await redis.lrange(key, 0, -1);
      pairs += records.length / 2;
      json += records.reduce(
        (sum, record) => sum + Buffer.byteLength(record),
        0,
      );
    }
  }
  return { pairs, storedBytes: stored / pairs, jsonBytes: json / pairs };
}
