import { PLATFORM_TITLES } from '../app/platform.js';
import type { RedisCapacity } from '../measure/redis-capacity.js';
import { REDIS_SHARE_RATE, type RedisShare } from '../measure/redis-share.js';
import { percent, thousands } from './format.js';
import { table } from './markdown.js';

/** Both runs in which Redis is looked at. */
export interface RedisLoad {
  share: RedisShare;
  capacity: RedisCapacity;
}

export function redisSection(load: RedisLoad | undefined): string[] {
  if (load === undefined) {
    return [];
  }
  const { share, capacity } = load;
  return [
    '## Redis’ share',
    `Redis has a core to itself. First ${share.seconds} s at ${thousands(REDIS_SHARE_RATE)} requests/s through the app on ${PLATFORM_TITLES[share.platform]}; then as much as ${capacity.feeders === 1 ? 'one feeder process' : `${capacity.feeders} feeder processes`} without HTTP can give it. The size of what is stored is that of long lists, without what a session takes once.`,
    table(
      ['figure', 'value'],
      ['left', 'right'],
      [
        ['requests tracked through the app', thousands(share.requests)],
        ['records dropped meanwhile', thousands(share.droppedRecords)],
        ['CPU per request', `${share.cpuMicroseconds.toFixed(1)} µs`],
        [
          'on the wire per request, both ways',
          `${share.wireBytes.toFixed(0)} bytes`,
        ],
        [
          'script calls through the app, p99 and slowest',
          calls(share.script.p99Ms, share.script.slowestMs),
        ],
        [
          'stored per pair of records',
          `${share.stored.storedBytes.toFixed(0)} bytes`,
        ],
        ['of which JSON', `${share.stored.jsonBytes.toFixed(0)} bytes`],
        ['requests/s from the feeders', thousands(capacity.requestsPerSecond)],
        ['core in use meanwhile', percent(capacity.busy)],
        [
          'requests per second of Redis’ CPU time',
          thousands(capacity.requestsPerCoreSecond),
        ],
        [
          'script calls from the feeders, p99 and slowest',
          calls(capacity.script.p99Ms, capacity.script.slowestMs),
        ],
      ],
    ),
  ];
}

function calls(p99Ms: number, slowestMs: number): string {
  return `${p99Ms.toFixed(2)} and ${slowestMs.toFixed(2)} ms`;
}
