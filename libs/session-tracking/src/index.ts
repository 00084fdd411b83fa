export { SessionTrackingModule } from './module/session-tracking.module.js';
export type {
  SessionTrackingExtras,
  SessionTrackingModuleAsyncOptions,
  SessionTrackingModuleOptions,
  SessionTrackingOptionsFactory,
} from './module/session-tracking.module-definition.js';
export type {
  AdminOptions,
  AnonymizeIp,
  FlushOptions,
  HostRequest,
  RollupOptions,
  SamplingOptions,
  SessionTrackingOptions,
  SessionTrackingStructure,
} from './options/session-tracking-options.js';
export type {
  PathRedaction,
  QueryRedaction,
} from './model/redaction/redaction-rules.js';
export type { RedisOption } from './options/redis-option.js';

export { SessionTracker } from './tracking/session-tracker.js';
export type { TrackerStats } from './tracking/tracker-stats.js';
export { SessionAnalytics } from './analytics/session-analytics.js';
export type { ClientSessions } from './analytics/client-sessions.js';
export type {
  ClientOrder,
  ClientsQuery,
  ClientsReport,
  RankedClient,
} from './analytics/clients.js';
export type { EndpointFigures } from './analytics/endpoint-figures.js';
export type {
  Endpoint,
  EndpointClient,
  EndpointsQuery,
  EndpointsReport,
} from './analytics/endpoints.js';
export type {
  ClientExport,
  ClientExportStream,
  ClientUsage,
} from './analytics/client-export.js';
export type { FoundRequest, RequestQuery } from './analytics/find-request.js';
export type { Funnel, FunnelQuery, FunnelStep } from './analytics/funnel.js';
export type {
  ArchivedExchange,
  HttpArchive,
} from './analytics/http-archive.js';
export type { Journey, JourneyEntry } from './analytics/journey.js';
export type { ChainedJourney } from './analytics/journey-chain.js';
export type {
  ErrorBeginning,
  Journeys,
  PathCount,
  StepCount,
  Transition,
} from './analytics/journeys.js';
export type { Sample } from './analytics/sample.js';
export type { SessionExport } from './analytics/session-export.js';
export type {
  SessionDocument,
  SlowRequest,
} from './analytics/session-document.js';
export type { SessionQuery } from './analytics/session-search.js';
export type { WindowQuery } from './analytics/time-window.js';
export type { UsageQuery } from './analytics/usage-series.js';
export type {
  UsageFigures,
  UsageReport,
  UsageStep,
} from './analytics/usage.js';
export type {
  ErasureReport,
  SessionPage,
  SessionSummary,
} from './store/session-store.js';

export { SessionTrackingInterceptor } from './capture/session-tracking.interceptor.js';
export { SkipTracking } from './capture/skip-tracking.decorator.js';
export { CurrentSession } from './capture/current-session.decorator.js';
export type { CurrentSessionReference } from './capture/current-session.js';

export { AdminAnalyticsController } from './admin/admin-analytics.controller.js';
export { RolesGuard } from './admin/roles.guard.js';
export { Roles } from './admin/roles.decorator.js';

export type {
  ClientIdentity,
  ClientReference,
} from './model/clients/client-identity.js';
export type {
  NewRequest,
  NewResponse,
  RequestRecord,
  ResponseRecord,
  SessionHistory,
  SessionInfo,
  TrackedRecord,
} from './model/records/records.js';

export { AdminGuardError } from './errors/admin-guard.error.js';
export { DuplicateModuleError } from './errors/duplicate-module.error.js';
export { InvalidCursorError } from './errors/invalid-cursor.error.js';
export { InvalidQueryError } from './errors/invalid-query.error.js';
export { InvalidRecordError } from './errors/invalid-record.error.js';
export {
  type InvalidOption,
  InvalidOptionsError,
} from './errors/invalid-options.error.js';
export {
  type DropReason,
  RecordDroppedError,
} from './errors/record-dropped.error.js';
export { RedisConnectionError } from './errors/redis-connection.error.js';
export { SessionTrackingError } from './errors/session-tracking.error.js';
export { StoreUnavailableError } from './errors/store-unavailable.error.js';
