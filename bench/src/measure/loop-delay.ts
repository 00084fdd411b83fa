import { PLATFORM_TITLES, type Platform } from '../app/platform.js';
import type { AppUnderTest } from '../processes/app-under-test.js';
import type { Cores } from '../processes/cores.js';
import { checked } from '../processes/load.js';
import { BenchSetting } from './bench-setting.js';
import { tell } from './progress.js';

export const LOOP_DELAY_RATE = 3000;

const ROUNDS = 4;
const TURN_SECONDS = 4;

/** p99 of the event loop's delay in milliseconds, turn by turn. */
export interface LoopDelay {
  platform: Platform;
  plain: readonly number[];
  tracking: readonly number[];
}

export function measureLoopDelay(
  cores: Cores,
  platform: Platform,
): Promise<LoopDelay> {
  return BenchSetting.use({ cores }, async (setting) => {
    tell(`${PLATFORM_TITLES[platform]}: event loop delay`);
    const plainApp = await setting.startApp('plain', platform);
    await plainApp.warmUp();
    const trackingApp = await setting.startApp('tracking', platform);
    await trackingApp.warmUp();
    const plain: number[] = [];
    const tracking: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      plain.push(await takeTurn(plainApp));
      tracking.push(await takeTurn(trackingApp));
    }
    return { platform, plain, tracking };
  });
}

async function takeTurn(app: AppUnderTest): Promise<number> {
  await app.server.call('startLoopDelay');
  checked(await app.clients.pace(LOOP_DELAY_RATE, TURN_SECONDS));
  const { p99Ms } = await app.server.call('stopLoopDelay');
  return p99Ms;
}
