import {
  FIRST_ERROR_STATUS,
  type SessionHistory,
} from '../model/records/records.js';
import { routeNameOf } from '../model/records/route-name.js';
import type { SessionStore, SessionSummary } from '../store/session-store.js';
import { foldLoops } from './fold-loops.js';
import { orderExchanges } from './journey.js';
import { foldRecentSessions } from './recent-sessions.js';
import { type Sample, sampleOf } from './sample.js';
import { readWindow, type WindowQuery } from './time-window.js';

/** Window of an answer that is asked without one, in seconds. */
const DEFAULT_WINDOW = 3600;

/** Longest path that is told apart, in steps. */
const MAX_PATH_STEPS = 6;

/** Most lines of each list. */
const MAX_LISTED = 50;

/** How often a step followed another. */
export interface Transition {
  from: string;
  to: string;
  count: number;
}

/** How many sessions began or ended their way with a step. */
export interface StepCount {
  step: string;
  count: number;
}

/** How many sessions began with these steps. */
export interface PathCount {
  steps: string[];
  count: number;
}

/** How many sessions met their first error at a step. */
export interface ErrorBeginning {
  step: string;
  count: number;
  /** Sessions that took the step at all. */
  sessions: number;
}

/** The ways of many clients through the API; a step is `METHOD route`. */
export interface Journeys {
  /** Unix time in seconds; the figures are of requests that arrived from here on. */
  since: number;
  /** Unix time in seconds; requests that arrived before. */
  until: number;
  /** How many sessions the figures are made from. */
  sessions: number;
  /** True when there were more than the 2,000 most recent. */
  truncated: boolean;
  /** Commonest first, as all lists here; at most 50. */
  transitions: Transition[];
  entries: StepCount[];
  exits: StepCount[];
  /** The first six steps, loops counted once. */
  paths: PathCount[];
  errors_begin: ErrorBeginning[];
  sample: Sample;
}

/**
 * Lays the ways of the window's sessions over each other.
 *
 * @throws InvalidQueryError
 */
export async function summariseJourneys(
  store: Pick<
    SessionStore,
    'listActiveSessions' | 'readRequests' | 'readSession'
  >,
  query: WindowQuery,
  now: number,
  samplingRate: number,
): Promise<Journeys> {
  const { since, until } = readWindow(query, DEFAULT_WINDOW, now);
  const summary = new JourneySummary(since, until);
  const { truncated } = await foldRecentSessions(
    store,
    { since, until },
    (session) => readRecords(store, session),
    (records) => summary.add(records),
  );
  return {
    since,
    until,
    sessions: summary.sessions,
    truncated,
    ...summary.lists(),
    sample: sampleOf(samplingRate),
  };
}

type SessionRecords = Pick<SessionHistory, 'requests' | 'responses'>;

/** Responses tell where errors begin: those of a session without errors, half of all there is to read, are left. */
async function readRecords(
  store: Pick<SessionStore, 'readRequests' | 'readSession'>,
  { session_id, error_count }: SessionSummary,
): Promise<SessionRecords | null> {
  return error_count > 0
    ? store.readSession(session_id)
    : { requests: await store.readRequests(session_id), responses: [] };
}

/** Adds up sessions one by one. */
class JourneySummary {
  sessions = 0;
  private readonly transitions = new Map<string, Transition>();
  private readonly entries = new Map<string, StepCount>();
  private readonly exits = new Map<string, StepCount>();
  private readonly paths = new Map<string, PathCount>();
  private readonly errorsBegin = new Map<string, StepCount>();
  private readonly sessionsOfStep = new Map<string, StepCount>();

  constructor(
    private readonly since: number,
    private readonly until: number,
  ) {}

  add(records: SessionRecords): void {
    const exchanges = orderExchanges(records).filter(
      ({ request: { timestamp } }) =>
        timestamp >= this.since && timestamp < this.until,
    );
    const steps = exchanges.map(({ request }) => routeNameOf(request));
    const [entry] = steps;
    const exit = steps.at(-1);
    if (entry === undefined || exit === undefined) {
      return;
    }
    this.sessions += 1;
    countStep(this.entries, entry);
    countStep(this.exits, exit);
    this.addTransitions(steps);
    this.addPath(foldLoops(steps).slice(0, MAX_PATH_STEPS));
    for (const step of new Set(steps)) {
      countStep(this.sessionsOfStep, step);
    }
    const failing = exchanges.find(
      ({ response }) =>
        response !== null && response.status_code >= FIRST_ERROR_STATUS,
    );
    if (failing !== undefined) {
      countStep(this.errorsBegin, routeNameOf(failing.request));
    }
  }

  lists(): Pick<
    Journeys,
    'transitions' | 'entries' | 'exits' | 'paths' | 'errors_begin'
  > {
    return {
      transitions: commonest(this.transitions),
      entries: commonest(this.entries),
      exits: commonest(this.exits),
      paths: commonest(this.paths),
      errors_begin: commonest(this.errorsBegin).map((line) => ({
        ...line,
        sessions: this.sessionsOfStep.get(line.step)?.count ?? 0,
      })),
    };
  }

  private addTransitions(steps: readonly string[]): void {
    let from: string | undefined;
    for (const to of steps) {
      if (from !== undefined) {
        const first = { from, to, count: 0 };
        count(this.transitions, `${from}\n${to}`, first);
      }
      from = to;
    }
  }

  private addPath(steps: string[]): void {
    count(this.paths, steps.join('\n'), { steps, count: 0 });
  }
}

function countStep(counts: Map<string, StepCount>, step: string): void {
  count(counts, step, { step, count: 0 });
}

/** Adds one under a key, to a line that is new where the key is. */
function count<T extends { count: number }>(
  counts: Map<string, T>,
  key: string,
  first: T,
): void {
  const line = counts.get(key) ?? first;
  line.count += 1;
  counts.set(key, line);
}

/** By count, and where that is equal by name, so that the same sessions give the same answer. */
function commonest<T extends { count: number }>(
  counts: ReadonlyMap<string, T>,
): T[] {
  return [...counts]
    .toSorted(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1))
    .slice(0, MAX_LISTED)
    .map(([, line]) => line);
}
