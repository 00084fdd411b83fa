import { PLATFORM_TITLES } from '../app/platform.js';
import type { LoopDelay } from '../measure/loop-delay.js';
import type { RequestCost } from '../measure/request-cost.js';
import { cpuDelta, summarize, type VariantCost } from './cost-summary.js';
import { signed, thousands } from './format.js';
import { table } from './markdown.js';
import type { RedisLoad } from './redis-section.js';
import { median } from './statistics.js';

/** What was promised, and what came out. */
export interface Target {
  what: string;
  limit: string;
  measured: string;
  reached: boolean;
}

export function targetsTable(targets: readonly Target[]): string {
  return table(
    ['target', 'limit', 'measured', 'result'],
    ['left', 'left', 'left', 'left'],
    targets.map(({ what, limit, measured, reached }) => [
      what,
      limit,
      measured,
      reached ? 'reached' : 'not reached',
    ]),
  );
}

/** Those for which the variants were measured. */
export function costTargets(cost: RequestCost): Target[] {
  const title = PLATFORM_TITLES[cost.platform];
  const costs = summarize(cost);
  const bare = costs.find(({ variant }) => variant.name === 'tracking-bare');
  const full = costs.find(({ variant }) => variant.name === 'tracking');
  const cheapest = cheapestPeer(costs);
  const targets: Target[] = [];
  if (bare !== undefined) {
    targets.push(
      atMostMicros(
        `${title}: without the interceptor, more than plain`,
        bare.delta.median,
      ),
    );
  }
  if (full !== undefined && cost.variants.includes('empty-interceptor')) {
    targets.push(
      atMostMicros(
        `${title}: with it, more than an empty interceptor`,
        cpuDelta(cost, 'tracking', 'empty-interceptor').median,
      ),
    );
  }
  if (bare !== undefined && cheapest !== undefined) {
    const fifth = cheapest.delta.median / 5;
    targets.push({
      what: `${title}: without it, a fifth of the cheapest peer`,
      limit: `${signed(fifth)} µs (${cheapest.variant.title})`,
      measured: `${signed(bare.delta.median)} µs`,
      reached: bare.delta.median <= fifth,
    });
  }
  if (full !== undefined && cheapest !== undefined) {
    targets.push({
      what: `${title}: with it, below every peer`,
      limit: `${signed(cheapest.delta.median)} µs (${cheapest.variant.title})`,
      measured: `${signed(full.delta.median)} µs`,
      reached: full.delta.median < cheapest.delta.median,
    });
  }
  return targets;
}

function atMostMicros(what: string, delta: number): Target {
  return {
    what,
    limit: '+12 µs',
    measured: `${signed(delta)} µs`,
    reached: delta <= 12,
  };
}

function cheapestPeer(costs: readonly VariantCost[]): VariantCost | undefined {
  return costs
    .filter(({ variant }) => variant.role === 'peer')
    .toSorted((a, b) => a.delta.median - b.delta.median)[0];
}

export function delayTargets(delays: readonly LoopDelay[]): Target[] {
  return delays.map(({ platform, plain, tracking }) => {
    const limit = median(plain) + 1;
    return {
      what: `${PLATFORM_TITLES[platform]}: event loop delay p99, 1 ms more than plain`,
      limit: `${limit.toFixed(2)} ms`,
      measured: `${median(tracking).toFixed(2)} ms`,
      reached: median(tracking) <= limit,
    };
  });
}

export function redisTargets(load: RedisLoad | undefined): Target[] {
  if (load === undefined) {
    return [];
  }
  const { share, capacity } = load;
  const slowestMs = Math.max(share.script.slowestMs, capacity.script.slowestMs);
  const stored = share.stored.storedBytes / share.stored.jsonBytes;
  return [
    {
      what: 'Redis: CPU per request',
      limit: '12 µs',
      measured: `${share.cpuMicroseconds.toFixed(1)} µs`,
      reached: share.cpuMicroseconds <= 12,
    },
    {
      what: 'Redis: on the wire per request',
      limit: '350 bytes',
      measured: `${share.wireBytes.toFixed(0)} bytes`,
      reached: share.wireBytes <= 350,
    },
    {
      what: 'Redis: requests/s that one core takes',
      limit: '80,000',
      measured: thousands(capacity.requestsPerCoreSecond),
      reached: capacity.requestsPerCoreSecond >= 80_000,
    },
    {
      what: 'Redis: slowest script call',
      limit: '2 ms',
      measured: `${slowestMs.toFixed(2)} ms`,
      reached: slowestMs <= 2,
    },
    {
      what: 'Redis: stored per pair, against its JSON',
      limit: '1.15',
      measured: stored.toFixed(2),
      reached: stored <= 1.15,
    },
  ];
}
