import {
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Query,
  type StreamableFile,
} from '@nestjs/common';
import type { ClientSessions } from '../analytics/client-sessions.js';
import type { ClientsReport } from '../analytics/clients.js';
import type { EndpointsReport } from '../analytics/endpoints.js';
import type { FoundRequest } from '../analytics/find-request.js';
import type { Funnel } from '../analytics/funnel.js';
import type { Journey } from '../analytics/journey.js';
import type { ChainedJourney } from '../analytics/journey-chain.js';
import type { Journeys } from '../analytics/journeys.js';
import { SessionAnalytics } from '../analytics/session-analytics.js';
import type { SessionDocument } from '../analytics/session-document.js';
import type { UsageReport } from '../analytics/usage.js';
import type { SessionHistory } from '../model/records/records.js';
import type { ErasureReport, SessionPage } from '../store/session-store.js';
import { SessionTracker } from '../tracking/session-tracker.js';
import type { TrackerStats } from '../tracking/tracker-stats.js';
import { AdminRoutes } from './admin-routes.decorator.js';
import { ClientRankingQuery } from './client-ranking.query.js';
import { toClientDownload, toDownload } from './download.js';
import { EndpointListQuery } from './endpoint-list.query.js';
import { FunnelStepsQuery } from './funnel-steps.query.js';
import { JourneyFollowQuery } from './journey-follow.query.js';
import { RequestContextQuery } from './request-context.query.js';
import { SessionExportQuery } from './session-export.query.js';
import { SessionListQuery } from './session-list.query.js';
import { UsageSeriesQuery } from './usage-series.query.js';
import { findUserReference } from './user-parameter.js';
import { WindowParameters } from './window-parameters.js';

/** The admin API. */
@AdminRoutes()
export class AdminAnalyticsController {
  constructor(
    private readonly analytics: SessionAnalytics,
    private readonly tracker: SessionTracker,
  ) {}

  /** Sessions, newest first. */
  @Get('sessions')
  listSessions(@Query() query: SessionListQuery): Promise<SessionPage> {
    return this.analytics.getSessions(query);
  }

  /** A session at a glance. */
  @Get('sessions/:id')
  async getSession(@Param('id') id: string): Promise<SessionDocument> {
    return found(await this.analytics.getSession(id), 'Session not found');
  }

  /** Everything stored about a session. */
  @Get('sessions/:id/history')
  async getHistory(@Param('id') id: string): Promise<SessionHistory> {
    return found(await this.analytics.getHistory(id), 'Session not found');
  }

  /** A session as the sequence of its client's steps; with `follow`, of all linked sessions. */
  @Get('sessions/:id/journey')
  async getJourney(
    @Param('id') id: string,
    @Query() { follow }: JourneyFollowQuery,
  ): Promise<Journey | ChainedJourney> {
    return found(
      follow
        ? await this.analytics.getChainedJourney(id)
        : await this.analytics.getJourney(id),
      'Session not found',
    );
  }

  /** Erases a session. */
  @Delete('sessions/:id')
  @HttpCode(200)
  async eraseSession(@Param('id') id: string): Promise<ErasureReport> {
    return found(await this.analytics.eraseSession(id), 'Session not found');
  }

  /** The sessions of a user. */
  @Get('users/:userId')
  async getUser(@Param('userId') userId: string): Promise<ClientSessions> {
    const user = await findUserReference(this.analytics, userId);
    return found(await this.analytics.getClient(user), 'User not found');
  }

  /** The sessions that began at an address. */
  @Get('ips/:ip')
  async getIp(@Param('ip') ip: string): Promise<ClientSessions> {
    return found(await this.analytics.getClient({ ip }), 'Address not found');
  }

  /** What each endpoint was called for, failed and took, for a client beside everyone. */
  @Get('endpoints')
  getEndpoints(@Query() query: EndpointListQuery): Promise<EndpointsReport> {
    return this.analytics.getEndpoints(query);
  }

  /** How the API was used over time. */
  @Get('usage')
  getUsage(@Query() query: UsageSeriesQuery): Promise<UsageReport> {
    return this.analytics.getUsage(query);
  }

  /** The busiest, most failing or slowest clients. */
  @Get('clients')
  getClients(@Query() query: ClientRankingQuery): Promise<ClientsReport> {
    return this.analytics.getClients(query);
  }

  /** Which ways clients took through the API. */
  @Get('journeys')
  getJourneys(@Query() query: WindowParameters): Promise<Journeys> {
    return this.analytics.getJourneys(query);
  }

  /** How many sessions took some steps one after the other. */
  @Get('funnel')
  getFunnel(@Query() query: FunnelStepsQuery): Promise<Funnel> {
    return this.analytics.getFunnel(query);
  }

  /** A request by its id, with what its client did before and after. */
  @Get('requests/:requestId')
  async getRequest(
    @Param('requestId') requestId: string,
    @Query() query: RequestContextQuery,
  ): Promise<FoundRequest> {
    return found(
      await this.analytics.getRequest(requestId, query),
      'Request not found',
    );
  }

  /** A session to be handed on: as one JSON document, or for the developer tools of a browser. */
  @Get('sessions/:id/export')
  async exportSession(
    @Param('id') id: string,
    @Query() { format }: SessionExportQuery,
  ): Promise<StreamableFile> {
    const document =
      format === 'har'
        ? await this.analytics.getHttpArchive(id)
        : await this.analytics.exportSession(id);
    return toDownload(
      found<object>(document, 'Session not found'),
      `session-${id}.${format}`,
    );
  }

  /** Everything held about a user. */
  @Get('users/:userId/export')
  async exportUser(@Param('userId') userId: string): Promise<StreamableFile> {
    const user = await findUserReference(this.analytics, userId);
    const document = await this.analytics.streamClientExport(user);
    return toClientDownload(found(document, 'User not found'), 'user.json');
  }

  /** Everything held about an address. */
  @Get('ips/:ip/export')
  async exportIp(@Param('ip') ip: string): Promise<StreamableFile> {
    const document = await this.analytics.streamClientExport({ ip });
    return toClientDownload(
      found(document, 'Address not found'),
      'address.json',
    );
  }

  /** Erases everything held about a user. */
  @Delete('users/:userId')
  @HttpCode(200)
  async eraseUser(@Param('userId') userId: string): Promise<ErasureReport> {
    const user = await findUserReference(this.analytics, userId);
    return found(await this.analytics.eraseClient(user), 'User not found');
  }

  /** Erases everything held about an address. */
  @Delete('ips/:ip')
  @HttpCode(200)
  async eraseIp(@Param('ip') ip: string): Promise<ErasureReport> {
    return found(await this.analytics.eraseClient({ ip }), 'Address not found');
  }

  /** What tracking did on this instance so far. */
  @Get('health')
  getHealth(): TrackerStats {
    return this.tracker.stats();
  }
}

function found<T>(answer: T | null, otherwise: string): T {
  if (answer === null) {
    throw new NotFoundException(otherwise);
  }
  return answer;
}
