import {
  addRequestTotals,
  emptyUsageTotals,
  type ReadonlyTotals,
  type UsageTotals,
} from '../model/totals/request-totals.js';
import { slotsBetween } from '../model/totals/time-slot.js';
import type { SessionStore } from '../store/session-store.js';
import { durationPercentiles } from './duration-percentiles.js';
import { ratePer } from './endpoint-figures.js';
import { foldEach } from './fold-each.js';
import type { Horizon } from './horizon.js';
import { mapWithBreaks } from './map-with-breaks.js';
import { type Sample, sampleOf } from './sample.js';
import { planUsageSeries, type UsageQuery } from './usage-series.js';

/** How the API was used in some stretch of time. */
export interface UsageFigures {
  requests: number;
  responses: number;
  /** Responses with a status of 400 or more: the sum of the two below. */
  errors: number;
  /** Responses with a status from 400 to 499. */
  client_errors: number;
  /** Responses with a status of 500 or more. */
  server_errors: number;
  /** Errors per request; 0 without requests. */
  error_rate: number;
  /** Clients that sent requests, each once: an estimate, rarely more than 2 % off. */
  unique_clients: number;
  /** Sessions stored that began; of clients that sampling leaves out, those with errors and slow requests alone. */
  new_sessions: number;
  /** Mean duration in milliseconds; 0 without responses. */
  avg: number;
  /** 95th percentile of the duration in milliseconds, within 2 %. */
  p95: number;
  max: number;
}

/** One step of a series. */
export interface UsageStep extends UsageFigures {
  /** Unix time in seconds, a multiple of the step. */
  start: number;
}

/** How the API was used over time. */
export interface UsageReport {
  /** Unix time in seconds: where the first step begins. */
  since: number;
  /** Unix time in seconds: where the last step ends. */
  until: number;
  /** Length of each step in seconds. */
  step: number;
  totals: UsageFigures;
  /** Every step of the window, also those in which nothing happened. */
  series: UsageStep[];
  /** Concerns `new_sessions` alone: all other figures count every request and every client. */
  sample: Sample;
}

/**
 * Measures how the API was used, step by step and over the whole window.
 *
 * @throws InvalidQueryError
 */
export async function measureUsage(
  store: Pick<SessionStore, 'readUsage' | 'countClients'>,
  query: UsageQuery,
  horizon: Horizon,
  samplingRate: number,
): Promise<UsageReport> {
  const { since, until, step, lengths } = planUsageSeries(query, horizon);
  const steps = Array.from({ length: (until - since) / step }, (_, index) => {
    const start = since + index * step;
    const parts: ReadonlyTotals<UsageTotals>[] = [];
    return { start, slots: slotsBetween(start, start + step, lengths), parts };
  });
  const whole = emptyUsageTotals();
  const questions = steps.flatMap(({ slots, parts }) =>
    slots.map((slot) => ({ slot, parts })),
  );
  const clients: number[] = [];
  const [, , allClients] = await Promise.all([
    foldEach(
      questions,
      ({ slot }) => store.readUsage(slot),
      (totals, { parts }) => {
        if (totals !== null) {
          parts.push(totals);
          addUsageTotals(whole, totals);
        }
      },
    ),
    foldEach(
      steps,
      ({ slots }) => store.countClients(slots),
      (count) => {
        clients.push(count);
      },
    ),
    store.countClients(slotsBetween(since, until, lengths)),
  ]);
  const series = await mapWithBreaks(steps, ({ start, parts }, index) => ({
    start,
    ...toFigures(sumOf(parts), clients[index] ?? 0),
  }));
  return {
    since,
    until,
    step,
    totals: toFigures(whole, allClients),
    series,
    sample: sampleOf(samplingRate),
  };
}

const NOTHING: ReadonlyTotals<UsageTotals> = emptyUsageTotals();

/** Most steps have one part, or none. */
function sumOf(
  parts: readonly ReadonlyTotals<UsageTotals>[],
): ReadonlyTotals<UsageTotals> {
  const [first = NOTHING, ...others] = parts;
  if (others.length === 0) {
    return first;
  }
  const sum = emptyUsageTotals();
  for (const part of parts) {
    addUsageTotals(sum, part);
  }
  return sum;
}

function addUsageTotals(
  sum: UsageTotals,
  totals: ReadonlyTotals<UsageTotals>,
): void {
  addRequestTotals(sum, totals);
  sum.newSessions += totals.newSessions;
}

function toFigures(
  totals: ReadonlyTotals<UsageTotals>,
  clients: number,
): UsageFigures {
  const [p95 = 0] = durationPercentiles(totals, [95]);
  const errors = totals.clientErrors + totals.serverErrors;
  return {
    requests: totals.requests,
    responses: totals.responses,
    errors,
    client_errors: totals.clientErrors,
    server_errors: totals.serverErrors,
    error_rate: ratePer(totals.requests, errors),
    unique_clients: clients,
    new_sessions: totals.newSessions,
    avg: ratePer(totals.responses, totals.durationMicroseconds / 1000),
    p95,
    max: totals.longestMicroseconds / 1000,
  };
}
