import {
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Query,
  SetMetadata,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import * as transformerPackage from 'class-transformer';
import * as validatorPackage from 'class-validator';
import type { ClientSessions } from '../analytics/client-sessions.js';
import type { ClientsReport } from '../analytics/clients.js';
import type { EndpointsReport } from '../analytics/endpoints.js';
import type { Journey } from '../analytics/journey.js';
import { SessionAnalytics } from '../analytics/session-analytics.js';
import type { SessionDocument } from '../analytics/session-document.js';
import type { UsageReport } from '../analytics/usage.js';
import type { SessionHistory } from '../model/records.js';
import { SKIP_TRACKING } from '../model/skip-tracking.js';
import type { ErasureReport, SessionPage } from '../store/session-store.js';
import { SessionTracker } from '../tracking/session-tracker.js';
import type { TrackerStats } from '../tracking/tracker-stats.js';
import { AdminAnswersInterceptor } from './admin-answers.interceptor.js';
import { ClientRankingQuery } from './client-ranking.query.js';
import { EndpointListQuery } from './endpoint-list.query.js';
import { HostGuards } from './host-guards.guard.js';
import { RolesGuard } from './roles.guard.js';
import { SessionListQuery } from './session-list.query.js';
import { StoreErrorsFilter } from './store-errors.filter.js';
import { UsageSeriesQuery } from './usage-series.query.js';

/**
 * The admin API. It answers nobody but users with one of `admin.roles`, whom the host's own guards
 * have authenticated.
 */
@UseGuards(HostGuards, RolesGuard)
@UseInterceptors(AdminAnswersInterceptor)
@UseFilters(StoreErrorsFilter)
@UsePipes(
  // The packages are handed over because a strict package manager hides ours from Nest.
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    validatorPackage,
    transformerPackage,
  }),
)
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

  /** A session as the sequence of its client's steps. */
  @Get('sessions/:id/journey')
  async getJourney(@Param('id') id: string): Promise<Journey> {
    return found(await this.analytics.getJourney(id), 'Session not found');
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
    return found(await this.analytics.getClient({ userId }), 'User not found');
  }

  /** The sessions that came from an address. */
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

  /** What tracking did on this instance so far. */
  @Get('health')
  getHealth(): TrackerStats {
    return this.tracker.stats();
  }
}

/** A controller that serves the admin API under a path. */
export function createAdminController(
  path: string,
): Type<AdminAnalyticsController> {
  @Controller({ path, version: VERSION_NEUTRAL })
  @SetMetadata(SKIP_TRACKING, true)
  class MountedAdminAnalyticsController extends AdminAnalyticsController {}
  return MountedAdminAnalyticsController;
}

function found<T>(answer: T | null, otherwise: string): T {
  if (answer === null) {
    throw new NotFoundException(otherwise);
  }
  return answer;
}
