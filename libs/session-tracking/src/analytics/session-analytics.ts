import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import {
  type ClientReference,
  toStoredNames,
} from '../model/clients/client-identity.js';
import { orderByArrival } from '../model/records/arrival-order.js';
import type { SessionHistory } from '../model/records/records.js';
import type { SamplingPolicy } from '../model/records/sampling.js';
import type {
  ErasureReport,
  RetentionPolicy,
  SessionPage,
  SessionStore,
} from '../store/session-store.js';
import { eraseNames } from '../store/stored-names.js';
import {
  type ClientExport,
  type ClientExportStream,
  collectClientExport,
  streamClientExport,
} from './client-export.js';
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
import {
  findRequest,
  type FoundRequest,
  type RequestQuery,
} from './find-request.js';
import { type Funnel, type FunnelQuery, measureFunnel } from './funnel.js';
import { Horizon } from './horizon.js';
import { type HttpArchive, toHttpArchive } from './http-archive.js';
import { type Journey, toJourney } from './journey.js';
import { type ChainedJourney, followJourney } from './journey-chain.js';
import { type Journeys, summariseJourneys } from './journeys.js';
import { type SessionDocument, toSessionDocument } from './session-document.js';
import { type SessionExport, toSessionExport } from './session-export.js';
import { searchSessions, type SessionQuery } from './session-search.js';
import type { WindowQuery } from './time-window.js';
import type { UsageQuery } from './usage-series.js';
import { measureUsage, type UsageReport } from './usage.js';

/** What of the options decides how far answers reach and whom they are about. */
export interface AnalyticsPolicy extends RetentionPolicy {
  readonly sampling: Pick<SamplingPolicy, 'rate'>;
}

/**
 * The questions that people ask about what clients do; the admin API asks them over HTTP. Every
 * method rejects with `StoreUnavailableError` when the store cannot be reached.
 */
export class SessionAnalytics {
  /** @param now Unix time in milliseconds */
  constructor(
    private readonly store: SessionStore,
    private readonly policy: AnalyticsPolicy,
    private readonly addresses: AddressAnonymizer,
    private readonly now: () => number,
  ) {}

  /**
   * Sessions, newest first.
   *
   * @throws InvalidCursorError when `cursor` was not given by an answer before
   * @throws InvalidQueryError when a parameter is wrong
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
    const names = toStoredNames(client, this.addresses);
    return names === null ? null : await findClientSessions(this.store, names);
  }

  /**
   * What each endpoint was called for, failed and took; for a client, beside everyone's figures.
   *
   * @throws InvalidQueryError when a parameter is wrong or asks for more than is kept
   */
  async getEndpoints(query: EndpointsQuery = {}): Promise<EndpointsReport> {
    return measureEndpoints(this.store, query, this.horizon(), this.addresses);
  }

  /**
   * How the API was used, step by step.
   *
   * @throws InvalidQueryError when a parameter is wrong or asks for more than is kept
   */
  async getUsage(query: UsageQuery = {}): Promise<UsageReport> {
    return measureUsage(
      this.store,
      query,
      this.horizon(),
      this.policy.sampling.rate,
    );
  }

  /**
   * The busiest, most failing or slowest clients.
   *
   * @throws InvalidQueryError when a parameter is wrong or asks for more than is kept
   */
  async getClients(query: ClientsQuery = {}): Promise<ClientsReport> {
    return rankClients(this.store, query, this.horizon());
  }

  /**
   * Which ways clients took through the API, over the sessions used most recently.
   *
   * @throws InvalidQueryError when a parameter is wrong
   */
  async getJourneys(query: WindowQuery = {}): Promise<Journeys> {
    return summariseJourneys(
      this.store,
      query,
      this.unixSeconds(),
      this.policy.sampling.rate,
    );
  }

  /**
   * How many sessions took the steps one after the other, and how long that took them.
   *
   * @throws InvalidQueryError when a parameter is wrong
   */
  async getFunnel(query: FunnelQuery): Promise<Funnel> {
    return measureFunnel(
      this.store,
      query,
      this.unixSeconds(),
      this.policy.sampling.rate,
    );
  }

  /** A session with those it continues and those that continue it; null when there is none. */
  getChainedJourney(sessionId: string): Promise<ChainedJourney | null> {
    return followJourney(this.store, sessionId);
  }

  /**
   * The latest request with an id, and what its client did around it; null when there is none.
   *
   * @throws InvalidQueryError when `context` is wrong
   */
  getRequest(
    requestId: string,
    query: RequestQuery = {},
  ): Promise<FoundRequest | null> {
    return findRequest(this.store, requestId, query);
  }

  /** Everything about a session in one document; null when there is none. */
  async exportSession(sessionId: string): Promise<SessionExport | null> {
    const history = await this.store.readSession(sessionId);
    return history === null
      ? null
      : toSessionExport(history, this.unixSeconds());
  }

  /** A session as an archive for the developer tools of a browser; null when there is none. */
  async getHttpArchive(sessionId: string): Promise<HttpArchive | null> {
    const history = await this.store.readSession(sessionId);
    return history === null ? null : toHttpArchive(history);
  }

  /** Everything held about a user or an address; null when nothing is. */
  async exportClient(client: ClientReference): Promise<ClientExport | null> {
    const stream = await this.streamClientExport(client);
    return stream === null ? null : collectClientExport(stream);
  }

  /** The same, with sessions that are read as they are needed. */
  async streamClientExport(
    client: ClientReference,
  ): Promise<ClientExportStream | null> {
    const names = toStoredNames(client, this.addresses);
    return names === null
      ? null
      : await streamClientExport(this.store, names, this.unixSeconds());
  }

  /**
   * Removes everything held about a user or an address, and keeps what is still on its way out; null
   * when this is no address, so that nobody can be called it.
   */
  async eraseClient(client: ClientReference): Promise<ErasureReport | null> {
    const names = toStoredNames(client, this.addresses);
    return names === null ? null : await eraseNames(this.store, names);
  }

  /** Removes a session with all its records; null when there is none. */
  eraseSession(sessionId: string): Promise<ErasureReport | null> {
    return this.store.eraseSession(sessionId);
  }

  private horizon(): Horizon {
    return new Horizon(this.unixSeconds(), this.policy);
  }

  private unixSeconds(): number {
    return this.now() / 1000;
  }
}
