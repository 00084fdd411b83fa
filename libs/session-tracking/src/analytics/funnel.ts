import { roundMilliseconds } from '../model/records/durations.js';
import {
  type RequestRecord,
  UNMATCHED_ROUTE,
} from '../model/records/records.js';
import { routeNameOf } from '../model/records/route-name.js';
import type { SessionStore } from '../store/session-store.js';
import { checkFunnelSteps } from './funnel-steps.js';
import { foldRecentSessions } from './recent-sessions.js';
import { type Sample, sampleOf } from './sample.js';
import { readWindow, type WindowQuery } from './time-window.js';

/** Window of an answer that is asked without one, in seconds. */
const DEFAULT_WINDOW = 86_400;

/** Which steps to follow, and when. */
export interface FunnelQuery extends WindowQuery {
  /**
   * 2 to 10 steps such as `POST /orders`: the method and the route template; where no route matched,
   * the path.
   */
  steps: readonly string[];
}

/** How far sessions came. */
export interface FunnelStep {
  step: string;
  /** Sessions that took this step after all those before it. */
  sessions: number;
  /** Their share of the sessions that took the first step; 0 when none did. */
  conversion: number;
  /** Their share of the sessions that took the step before; null for the first. */
  step_conversion: number | null;
  /** Median time from the step before in milliseconds; null for the first, and when no session came here. */
  median_ms: number | null;
}

/** How many sessions took one step after the other. */
export interface Funnel {
  /** Unix time in seconds; the figures are of requests that arrived from here on. */
  since: number;
  /** Unix time in seconds; requests that arrived before. */
  until: number;
  /** How many sessions the figures are made from. */
  sessions: number;
  /** True when there were more than the 2,000 most recent. */
  truncated: boolean;
  steps: FunnelStep[];
  sample: Sample;
}

/**
 * Follows the window's sessions from step to step. Other requests may lie between two steps; each step
 * is the first that came after the one before.
 *
 * @throws InvalidQueryError
 */
export async function measureFunnel(
  store: Pick<SessionStore, 'listActiveSessions' | 'readRequests'>,
  query: FunnelQuery,
  now: number,
  samplingRate: number,
): Promise<Funnel> {
  checkFunnelSteps(query.steps);
  const { since, until } = readWindow(query, DEFAULT_WINDOW, now);
  /** For each step the times that sessions took to it from the step before; 0 to the first. */
  const waits: number[][] = query.steps.map(() => []);
  let sessions = 0;
  const { truncated } = await foldRecentSessions(
    store,
    { since, until },
    ({ session_id }) => store.readRequests(session_id),
    (requests) => {
      const within = requests
        .filter(({ timestamp }) => timestamp >= since && timestamp < until)
        .toSorted((a, b) => a.timestamp - b.timestamp);
      sessions += within.length > 0 ? 1 : 0;
      addWaits(waits, timesOfSteps(within, query.steps));
    },
  );
  return {
    since,
    until,
    sessions,
    truncated,
    steps: query.steps.map((step, index) => describeStep(step, index, waits)),
    sample: sampleOf(samplingRate),
  };
}

/** When a session took the steps, as far as it came. */
function timesOfSteps(
  requests: readonly RequestRecord[],
  steps: readonly string[],
): number[] {
  const times: number[] = [];
  for (const request of requests) {
    const step = steps[times.length];
    if (step === undefined) {
      break;
    }
    if (isStep(request, step)) {
      times.push(request.timestamp);
    }
  }
  return times;
}

function isStep(request: RequestRecord, step: string): boolean {
  const hasRoute =
    request.route !== undefined && request.route !== UNMATCHED_ROUTE;
  return (
    routeNameOf(request) === step ||
    (!hasRoute && `${request.method} ${request.path}` === step)
  );
}

function addWaits(waits: readonly number[][], times: readonly number[]): void {
  times.forEach((time, index) => {
    waits[index]?.push((time - (times[index - 1] ?? time)) * 1000);
  });
}

function describeStep(
  step: string,
  index: number,
  waits: readonly number[][],
): FunnelStep {
  const own = waits[index] ?? [];
  const before = waits[index - 1];
  return {
    step,
    sessions: own.length,
    conversion: share(own, waits[0]),
    step_conversion: before === undefined ? null : share(own, before),
    median_ms: before === undefined ? null : medianOf(own),
  };
}

function share(part: readonly number[], whole: readonly number[] = []): number {
  return whole.length === 0 ? 0 : part.length / whole.length;
}

/** The middle value, or the mean of the two in the middle. */
function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined
    ? null
    : roundMilliseconds((lower + upper) / 2);
}
