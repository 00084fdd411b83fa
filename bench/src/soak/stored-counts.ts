import type { Redis } from 'ioredis';
import { TRACKING_PREFIX } from '../tracking-prefix.js';

/** What Redis holds, summed over all sessions. */
export interface StoredCounts {
  sessions: number;
  requestCount: number;
  responseCount: number;
  /** Records in the lists. */
  listed: number;
}

/** Reads every session as any other program would. */
export async function readStoredCounts(redis: Redis): Promise<StoredCounts> {
  const counts: StoredCounts = {
    sessions: 0,
    requestCount: 0,
    responseCount: 0,
    listed: 0,
  };
  const scan = redis.scanStream({
    match: `${TRACKING_PREFIX}:session:*:info`,
    count: 1000,
  });
  for await (const keys of scan as AsyncIterable<string[]>) {
    await Promise.all(keys.map((key) => addSession(redis, key, counts)));
  }
  return counts;
}

async function addSession(
  redis: Redis,
  infoKey: string,
  counts: StoredCounts,
): Promise<void> {
  const base = infoKey.replace(/:info$/, '');
  const [[requests, responses], requestsListed, responsesListed] =
    await Promise.all([
      redis.hmget(infoKey, 'request_count', 'response_count'),
      redis.llen(`${base}:requests`),
      redis.llen(`${base}:responses`),
    ]);
  counts.sessions += 1;
  counts.requestCount += Number(requests);
  counts.responseCount += Number(responses);
  counts.listed += requestsListed + responsesListed;
}
