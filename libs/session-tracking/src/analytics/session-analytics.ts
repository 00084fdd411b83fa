import type { AddressAnonymizer } from '../model/address-anonymizer.js';
import {
  type ClientReference,
  toStoredReference,
} from '../model/client-identity.js';
import { orderByArrival } from '../model/arrival-order.js';
import type { SessionHistory } from '../model/records.js';
import type {
  ErasureReport,
  RetentionPolicy,
  SessionPage,
  SessionStore,
} from '../store/session-store.js';
import { type ClientSessions, findClientSessions } from './client-sessions.js';
import {
  type ClientsQuery,
  type ClientsReport,
  rankClients,
} from './clients.js';
import {
  type EndpointsQuery,
  type EndpointsReport,
  measureEndpoints,
} from './endpoints.js';
import { Horizon } from './horizon.js';
import { type Journey, toJourney } from './journey.js';
import { type SessionDocument, toSessionDocument } from './session-document.js';
import { searchSessions, type SessionQuery } from './session-search.js';
import type { UsageQuery } from './usage-series.js';
import { measureUsage, type UsageReport } from './usage.js';

/**
 * The questions that people ask about what clients do; the admin API asks them over HTTP. Every
 * method rejects with `StoreUnavailableError` when the store cannot be reached.
 */
export class SessionAnalytics {
  /**
   * @param retention how long the store keeps what
   * @param now Unix time in milliseconds
   */
  constructor(
    private readonly store: SessionStore,
    private readonly retention: RetentionPolicy,
    private readonly addresses: AddressAnonymizer,
    private readonly now: () => number,
  ) {}

  /**
   * Sessions, newest first.
   *
   * @throws InvalidCursorError when `cursor` was not given by an answer before
   */
  getSessions(query: SessionQuery = {}): Promise<SessionPage> {
    return searchSessions(this.store, query, this.addresses);
  }

  /** A session at a glance; null when there is none. */
  async getSession(sessionId: string): Promise<SessionDocument | null> {
    const history = await this.store.readSession(sessionId);
    return history === null ? null : toSessionDocument(history);
  }

  /** Everything stored about a session, oldest record first; null when there is none. */
  async getHistory(sessionId: string): Promise<SessionHistory | null> {
    const history = await this.store.readSession(sessionId);
    return history === null ? null : orderByArrival(history);
  }

  /** A session as the sequence of its client's steps; null when there is none. */
  async getJourney(sessionId: string): Promise<Journey | null> {
    const history = await this.store.readSession(sessionId);
    return history === null ? null : toJourney(history);
  }

  /** The sessions of a user or of an address; null when nothing is stored about it. */
  async getClient(client: ClientReference): Promise<ClientSessions | null> {
    const reference = toStoredReference(client, this.addresses);
    return reference === null
      ? null
      : await findClientSessions(this.store, reference);
  }

  /**
   * What each endpoint was called for, failed and took; for a client, beside everyone's figures.
   *
   * @throws InvalidQueryError when a parameter is wrong or asks for more than is kept
   */
  async getEndpoints(query: EndpointsQuery = {}): Promise<EndpointsReport> {
    return measureEndpoints(this.store, query, this.horizon());
  }

  /**
   * How the API was used, step by step.
   *
   * @throws InvalidQueryError when a parameter is wrong or asks for more than is kept
   */
  async getUsage(query: UsageQuery = {}): Promise<UsageReport> {
    return measureUsage(this.store, query, this.horizon());
  }

  /**
   * The busiest, most failing or slowest clients.
   *
   * @throws InvalidQueryError when a parameter is wrong or asks for more than is kept
   */
  async getClients(query: ClientsQuery = {}): Promise<ClientsReport> {
    return rankClients(this.store, query, this.horizon());
  }

  /** Removes a session with all its records; null when there is none. */
  eraseSession(sessionId: string): Promise<ErasureReport | null> {
    return this.store.eraseSession(sessionId);
  }

  private horizon(): Horizon {
    return new Horizon(this.now() / 1000, this.retention);
  }
}
