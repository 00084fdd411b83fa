import { PLATFORM_TITLES } from '../app/platform.js';
import type { RequestCost } from '../measure/request-cost.js';
import { cpuDelta, summarize } from './cost-summary.js';
import { percent, signed, thousands, withQuartiles } from './format.js';
import { table } from './markdown.js';
import { median } from './statistics.js';

const micros = (value: number): string => value.toFixed(1);

export function costSection(cost: RequestCost): string[] {
  return [
    `## A request on ${PLATFORM_TITLES[cost.platform]}`,
    'CPU time of the app’s process, all threads, per request: median and quartiles of the cycles.',
    table(
      [
        'variant',
        'CPU in µs',
        'more than plain in µs',
        'req/s against plain',
        'core in use',
      ],
      ['left', 'right', 'right', 'right', 'right'],
      summarize(cost).map(
        ({ variant, cpuMicroseconds, delta, speed, busy }) => [
          variant.title,
          withQuartiles(cpuMicroseconds, micros),
          variant.name === 'plain' ? '' : withQuartiles(delta, signed),
          speed.toFixed(2),
          percent(busy),
        ],
      ),
    ),
    `Two turns of the plain app within a cycle differ by ${micros(median(cost.cycles.map(({ noise }) => noise)))} µs (median), which is the noise of the machine. ${droppedNote(cost.droppedRecords)}`,
    ...recordingNote(cost),
  ];
}

/** What recording takes, without what the module gives back by making an app of Express faster. */
function recordingNote(cost: RequestCost): string[] {
  const over = (name: 'tracking-bare' | 'tracking'): string =>
    withQuartiles(cpuDelta(cost, name, 'tracking-nothing'), signed);
  return (['tracking-nothing', 'tracking-bare', 'tracking'] as const).every(
    (name) => cost.variants.includes(name),
  )
    ? [
        `Against the same module that excludes every path, recording takes ${over('tracking-bare')} µs without the interceptor and ${over('tracking')} µs with it.`,
      ]
    : [];
}

function droppedNote(dropped: number): string {
  return dropped === 0
    ? 'Our variants stored every record.'
    : `Our variants dropped ${thousands(dropped)} records: so much load is more than they can pass on, and their figures lack the cost of these.`;
}
