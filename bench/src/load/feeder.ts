// A process of its own: gives the library records as fast as it stores them, without HTTP.
import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { argumentOfChild, serveParent } from '../processes/child.js';
import { addressOf, CLIENT_COUNT } from './clients.js';
import { startTracker } from './start-tracker.js';

export interface FeederArgument {
  redisUrl: string;
}

/** Records that wait at most: enough to keep Redis busy, too few to overflow the queue. */
const MOST_QUEUED = 5000;
const REQUESTS_AT_ONCE = 100;

const { redisUrl } = argumentOfChild() as FeederArgument;
const tracker = await startTracker(redisUrl);
let sent = 0;

/** The record of a request, and of its answer, as capture makes them. */
function recordOne(): void {
  const client = sent % CLIENT_COUNT;
  const request_id = randomUUID();
  const timestamp = Date.now() / 1000;
  tracker.recordExchange(
    { userId: '', ip: addressOf(client) },
    {
      timestamp,
      path: `/api/products/${client}`,
      method: 'GET',
      request_id,
      route: '/api/products/:id',
    },
    {
      timestamp,
      request_id,
      status_code: 200,
      duration_ms: 1.25,
      handler: 'ProductsController.find',
      handler_ms: 0.25,
    },
  );
  sent += 1;
}

const operations = {
  /** Answers with how many requests were stored meanwhile. */
  feed: async (seconds: number): Promise<number> => {
    const before = tracker.stats().stored;
    const until = performance.now() + seconds * 1000;
    while (performance.now() < until) {
      if (tracker.stats().queued < MOST_QUEUED) {
        for (let count = 0; count < REQUESTS_AT_ONCE; count += 1) {
          recordOne();
        }
      }
      await nextTurn();
    }
    await tracker.flush();
    return (tracker.stats().stored - before) / 2;
  },
};

export type FeederOperations = typeof operations;

serveParent(operations);
