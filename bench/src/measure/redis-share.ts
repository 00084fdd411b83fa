import type { Platform } from '../app/platform.js';
import { CLIENT_COUNT } from '../load/clients.js';
import type { Cores } from '../processes/cores.js';
import { checked } from '../processes/load.js';
import { BenchSetting } from './bench-setting.js';
import { tell } from './progress.js';
import {
  readFigures,
  readScriptTimes,
  type ScriptTimes,
  startTimingCommands,
} from './redis-figures.js';
import { measureStoredSize, type StoredSize } from './stored-size.js';

export const REDIS_SHARE_RATE = 3000;

/** A few clients with long lists show what a pair of records takes without the session around it. */
const FEW_CLIENTS = { first: CLIENT_COUNT, count: 100 };
const FEW_CLIENTS_SECONDS = 5;

/** What a tracked request costs Redis. */
export interface RedisShare {
  platform: Platform;
  seconds: number;
  /** That were stored; each of them is two records. */
  requests: number;
  droppedRecords: number;
  cpuMicroseconds: number;
  wireBytes: number;
  script: ScriptTimes;
  stored: StoredSize;
}

/** The app and the load generator share a core here, so that Redis has one to itself. */
export function measureRedisShare(
  cores: Cores,
  platform: Platform,
  seconds: number,
): Promise<RedisShare> {
  return BenchSetting.use({ cores, loadBesideApp: true }, async (setting) => {
    tell(`Redis' share: ${seconds} s at ${REDIS_SHARE_RATE} requests/s`);
    const { redis, load } = setting;
    const app = await setting.startApp('tracking', platform);
    await app.warmUp();
    await app.untilStored();
    const countedBefore = await app.countRecords();
    await startTimingCommands(redis.client);
    const before = await readFigures(redis.client);
    checked(await app.clients.pace(REDIS_SHARE_RATE, seconds));
    await app.untilStored();
    const after = await readFigures(redis.client);
    const script = await readScriptTimes(redis.client);
    const counted = await app.countRecords();
    const requests = (counted.stored - countedBefore.stored) / 2;

    const few = await load.aimAt(await app.port(), FEW_CLIENTS);
    checked(await few.pace(REDIS_SHARE_RATE, FEW_CLIENTS_SECONDS));
    await app.untilStored();
    return {
      platform,
      seconds,
      requests,
      droppedRecords: counted.dropped - countedBefore.dropped,
      cpuMicroseconds:
        (after.cpuMicroseconds - before.cpuMicroseconds) / requests,
      wireBytes: (after.wireBytes - before.wireBytes) / requests,
      script,
      stored: await measureStoredSize(redis.client, FEW_CLIENTS),
    };
  });
}
