// A process of its own: fills Redis with sessions through the library, without HTTP.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { argumentOfChild, serveParent } from '../processes/child.js';
import type { FeederArgument } from './feeder.js';
import { sessionTraffic } from './session-traffic.js';
import { startTracker } from './start-tracker.js';

/** Records that wait at most: enough to keep Redis busy, too few to overflow the queue. */
const MOST_QUEUED = 5000;
const REQUESTS_AT_ONCE = 100;

const { redisUrl } = argumentOfChild() as FeederArgument;
const tracker = await startTracker(redisUrl);

const operations = {
  /** Answers with how many requests were stored. */
  fill: async (sessions: number): Promise<number> => {
    let requests = 0;
    for (const exchange of sessionTraffic(sessions, Date.now() / 1000)) {
      tracker.recordExchange(...exchange);
      requests += 1;
      if (requests % REQUESTS_AT_ONCE === 0) {
        do {
          await nextTurn();
        } while (tracker.stats().queued > MOST_QUEUED);
      }
    }
    await tracker.flush();
    const { stored } = tracker.stats();
    if (stored !== requests * 2) {
      throw new Error(`Of ${requests * 2} records ${stored} were stored.`);
    }
    return requests;
  },
};

export type FillerOperations = typeof operations;

serveParent(operations);
