import type { ClientReference } from '../src/model/clients/client-identity.js';
import type {
  RequestRecord,
  SessionHistory,
} from '../src/model/records/records.js';
import type { ClientTotalsOfSlot } from '../src/model/totals/request-totals.js';
import type {
  ActiveSessions,
  ActivityListing,
  SessionStore,
  SessionSummary,
} from '../src/store/session-store.js';

/** What questions about stored sessions read. */
type ReadingStore = Pick<
  SessionStore,
  | 'findRequest'
  | 'findSessionId'
  | 'listActiveSessions'
  | 'listSessionsOfClient'
  | 'readRequests'
  | 'readSession'
  | 'readTotalsOfClient'
>;

/** A store that holds sessions which a test made up, for questions that only read. */
export class HistoryStore implements ReadingStore {
  private readonly histories: Map<string, SessionHistory>;
  /** Ids of the sessions that were read, in order. */
  readonly read: string[] = [];
  /** Ids of the sessions whose requests alone were read, in order. */
  readonly readAlone: string[] = [];

  constructor(
    histories: readonly SessionHistory[],
    /** By the user's id, or the address. */
    private readonly totals: Readonly<
      Record<string, ClientTotalsOfSlot[]>
    > = {},
  ) {
    this.histories = new Map(
      histories.map((history) => [history.session_id, history]),
    );
  }

  readSession(sessionId: string): Promise<SessionHistory | null> {
    this.read.push(sessionId);
    return Promise.resolve(
      structuredClone(this.histories.get(sessionId) ?? null),
    );
  }

  readTotalsOfClient({
    userId,
    ip = '',
  }: ClientReference): Promise<ClientTotalsOfSlot[]> {
    return Promise.resolve(this.totals[userId ?? ip] ?? []);
  }

  readRequests(sessionId: string): Promise<RequestRecord[]> {
    this.readAlone.push(sessionId);
    return Promise.resolve(
      structuredClone(this.histories.get(sessionId)?.requests ?? []),
    );
  }

  listActiveSessions({
    since,
    until,
    limit,
  }: ActivityListing): Promise<ActiveSessions> {
    const active = this.summaries()
      .filter(
        ({ created_at, last_seen_at, partial }) =>
          last_seen_at >= since && created_at < until && partial !== true,
      )
      .toSorted((a, b) => b.last_seen_at - a.last_seen_at);
    return Promise.resolve({
      // The port promises no order.
      sessions: active
        .slice(0, limit)
        .toSorted((a, b) => (a.session_id < b.session_id ? -1 : 1)),
      isComplete: active.length <= limit,
    });
  }

  listSessionsOfClient(client: {
    userId?: string;
    ip?: string;
  }): Promise<SessionSummary[]> {
    return Promise.resolve(
      this.summaries()
        .filter(({ user_id, client_ip }) =>
          client.userId === undefined
            ? client_ip === client.ip
            : user_id === client.userId,
        )
        .toSorted((a, b) => b.created_at - a.created_at),
    );
  }

  async findSessionId(client: {
    userId?: string;
    ip?: string;
  }): Promise<string | null> {
    const sessions = await this.listSessionsOfClient(client);
    const { userId = '' } = client;
    const newest = sessions.find(({ user_id }) => user_id === userId);
    return newest?.session_id ?? null;
  }

  findRequest(requestId: string): Promise<string | null> {
    const holder = [...this.histories.values()].findLast(({ requests }) =>
      requests.some(({ request_id }) => request_id === requestId),
    );
    return Promise.resolve(holder?.session_id ?? null);
  }

  private summaries(): SessionSummary[] {
    return [...this.histories.values()].map(({ session_id, info }) => ({
      session_id,
      ...info,
    }));
  }
}
