import type { SessionHistory } from '../model/records/records.js';
import type { SessionStore } from '../store/session-store.js';
import {
  gapBetween,
  type JourneyEntry,
  orderExchanges,
  toEntries,
} from './journey.js';
import { partialMark } from './partial-mark.js';

/** Most sessions of one chain. */
const MAX_SESSIONS = 20;

/** Requests after which no further session is read. */
const MAX_REQUESTS = 5000;

/** The way of a client through linked sessions, oldest step first. */
export interface ChainedJourney {
  /** The session that was asked for; the user and the address are this one's. */
  session_id: string;
  user_id: string;
  client_ip: string;
  /** True when sampling left any of these clients out: of its sessions only errors and slow requests are known. */
  partial?: true;
  /** Ids of the sessions, from the first to the last. */
  sessions: string[];
  /** True when the chain goes on beyond 20 sessions or 5,000 requests. */
  truncated: boolean;
  entries: (JourneyEntry & { session_id: string })[];
}

type ChainStore = Pick<SessionStore, 'readSession' | 'listSessionsOfClient'>;

/**
 * Lays out a session together with those it continues and those that continue it; null when there is
 * no such session.
 */
export async function followJourney(
  store: ChainStore,
  sessionId: string,
): Promise<ChainedJourney | null> {
  const asked = await store.readSession(sessionId);
  if (asked === null) {
    return null;
  }
  const chain = new Chain(asked);
  await chain.extend(
    store,
    ({ info }) => info.previous_session_id,
    (history) => chain.sessions.unshift(history),
  );
  await chain.extend(
    store,
    (history) => findContinuation(store, history),
    (history) => chain.sessions.push(history),
  );
  return {
    session_id: asked.session_id,
    user_id: asked.info.user_id,
    client_ip: asked.info.client_ip,
    ...chain.sessions
      .map(({ info }) => partialMark(info))
      .find(({ partial }) => partial),
    sessions: chain.sessions.map(({ session_id }) => session_id),
    truncated: chain.truncated,
    entries: mergeEntries(chain.sessions),
  };
}

/** Sessions in order, as far as they may be followed. */
class Chain {
  readonly sessions: SessionHistory[];
  truncated = false;
  private requests: number;

  constructor(private readonly asked: SessionHistory) {
    this.sessions = [asked];
    this.requests = asked.requests.length;
  }

  /** Goes on from the session asked for to one neighbour after the other. */
  async extend(
    store: ChainStore,
    neighbourOf: (
      history: SessionHistory,
    ) => string | undefined | Promise<string | undefined>,
    add: (history: SessionHistory) => void,
  ): Promise<void> {
    let history: SessionHistory | null = this.asked;
    while (history !== null) {
      const id: string | undefined = await neighbourOf(history);
      // What the store does not know any more ends the chain, and so does what stands in it.
      history =
        id === undefined || this.has(id) ? null : await store.readSession(id);
      if (history === null) {
        return;
      }
      if (
        this.sessions.length === MAX_SESSIONS ||
        this.requests >= MAX_REQUESTS
      ) {
        this.truncated = true;
        return;
      }
      this.requests += history.requests.length;
      add(history);
    }
  }

  private has(id: string): boolean {
    return this.sessions.some(({ session_id }) => session_id === id);
  }
}

/**
 * The session of the user who signed in here, else the one in which the same client went on. Only
 * the former is written down in the session itself.
 */
async function findContinuation(
  store: ChainStore,
  { session_id, info }: SessionHistory,
): Promise<string | undefined> {
  if (info.next_session_id !== undefined) {
    return info.next_session_id;
  }
  const sessions = await store.listSessionsOfClient(
    info.user_id === '' ? { ip: info.client_ip } : { userId: info.user_id },
  );
  return sessions.find(
    ({ previous_session_id }) => previous_session_id === session_id,
  )?.session_id;
}

function mergeEntries(
  sessions: readonly SessionHistory[],
): ChainedJourney['entries'] {
  const entries = sessions
    .flatMap((history) =>
      toEntries(orderExchanges(history)).map((entry) => ({
        session_id: history.session_id,
        ...entry,
      })),
    )
    .toSorted((a, b) => a.timestamp - b.timestamp);
  return entries.map((entry, index) => ({
    ...entry,
    gap_ms: gapBetween(entries[index - 1], entry),
  }));
}
