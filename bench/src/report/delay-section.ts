import { PLATFORM_TITLES } from '../app/platform.js';
import { LOOP_DELAY_RATE, type LoopDelay } from '../measure/loop-delay.js';
import { thousands, withQuartiles } from './format.js';
import { table } from './markdown.js';
import { spreadOf } from './statistics.js';

const millis = (value: number): string => value.toFixed(2);

export function delaySection(delays: readonly LoopDelay[]): string[] {
  if (delays.length === 0) {
    return [];
  }
  return [
    '## Event loop delay',
    `p99 of a timer of 1 ms (which the figures include) at ${thousands(LOOP_DELAY_RATE)} requests/s: median and quartiles of the turns.`,
    table(
      ['platform', 'plain app in ms', 'nestjs-session-tracking in ms'],
      ['left', 'right', 'right'],
      delays.map(({ platform, plain, tracking }) => [
        PLATFORM_TITLES[platform],
        withQuartiles(spreadOf(plain), millis),
        withQuartiles(spreadOf(tracking), millis),
      ]),
    ),
  ];
}
