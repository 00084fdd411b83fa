import { randomUUID } from 'node:crypto';
import type { ClientReference } from '../../src/model/clients/client-identity.js';
import type {
  SessionHistory,
  SessionInfo,
} from '../../src/model/records/records.js';
import { slotAt } from '../../src/model/totals/time-slot.js';
import type {
  StorePolicy,
  SessionListing,
  SessionStore,
} from '../../src/store/session-store.js';
import { at, exchangeOf, TestWriter, user } from '../record-builders.js';

/** A store with data of its own, and the means to look at it as time goes by. */
export interface SessionStoreHarness {
  readonly store: SessionStore;
  /** The store of another application instance over the same data. */
  readonly otherStore: SessionStore;
  /** Lets the data age. */
  passTime(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export type HarnessFactory = (
  policy: StorePolicy,
) => Promise<SessionStoreHarness>;

/** The policy of a harness where a test asks for no other. */
export const CONFORMANCE_POLICY: StorePolicy = {
  sessionTtlSeconds: 100,
  maxSessionSeconds: 1000,
  retentionSeconds: 100,
  maxRecordsPerSession: 1000,
  maxSessions: 10_000,
  rollups: { minutes: 3600, hours: 7200 },
};

/** The store of the test that runs, and the questions that tests ask it. */
export class StoreUnderTest {
  private current:
    { harness: SessionStoreHarness; writer: TestWriter } | undefined;

  constructor(private readonly createHarness: HarnessFactory) {}

  get store(): SessionStore {
    return this.running.harness.store;
  }

  get otherStore(): SessionStore {
    return this.running.harness.otherStore;
  }

  get writer(): TestWriter {
    return this.running.writer;
  }

  private get running(): { harness: SessionStoreHarness; writer: TestWriter } {
    if (this.current === undefined) {
      throw new Error('No store was started.');
    }
    return this.current;
  }

  async start(policy: Partial<StorePolicy> = {}): Promise<void> {
    const harness = await this.createHarness({
      ...CONFORMANCE_POLICY,
      ...policy,
    });
    this.current = { harness, writer: new TestWriter(harness.store) };
  }

  /** Begins again, with no data and another policy. */
  async restart(policy: Partial<StorePolicy>): Promise<void> {
    await this.close();
    await this.start(policy);
  }

  close(): Promise<void> {
    return this.running.harness.close();
  }

  passTime(seconds: number): Promise<void> {
    return this.running.harness.passTime(seconds);
  }

  async read(sessionId: string): Promise<SessionHistory> {
    const history = await this.store.readSession(sessionId);
    if (history === null) {
      throw new Error(`There is no session ${sessionId}.`);
    }
    return history;
  }

  async infoOf(sessionId: string): Promise<SessionInfo> {
    const { info } = await this.read(sessionId);
    return info;
  }

  async listIds(listing: SessionListing): Promise<string[]> {
    const { sessions } = await this.store.listSessions(listing);
    return sessions.map(({ session_id }) => session_id);
  }

  async listIdsOf(client: ClientReference): Promise<string[]> {
    const sessions = await this.store.listSessionsOfClient(client);
    return sessions.map(({ session_id }) => session_id);
  }

  /** Everybody in the totals of the slot in which a moment lies. */
  async clientsAt(timestamp: number): Promise<string[]> {
    const clients = await this.store.readClients(
      slotAt(timestamp, this.store.clientSlotLength),
    );
    return [...clients.keys()].toSorted();
  }

  /** Sessions of different users, created at the given seconds. */
  async createSessions(seconds: number[]): Promise<string[]> {
    const ids: string[] = [];
    for (const [index, second] of seconds.entries()) {
      const client = user(`created-${second}-${index}-${randomUUID()}`);
      ids.push(
        await this.writer.sessionOf(
          exchangeOf(client, { timestamp: at(second) }),
        ),
      );
    }
    return ids;
  }

  /** Every page of a listing; between two pages something may happen. */
  async pageThrough(
    listing: SessionListing,
    between: () => Promise<void> = () => Promise.resolve(),
  ): Promise<string[][]> {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.listSessions({ ...listing, cursor });
      pages.push(page.sessions.map(({ session_id }) => session_id));
      cursor = page.next_cursor ?? undefined;
      await between();
    } while (cursor !== undefined && pages.length < 100);
    return pages;
  }
}
