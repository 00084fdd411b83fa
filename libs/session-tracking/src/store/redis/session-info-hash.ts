import type { SessionInfo } from '../../model/records.js';

/** The fields of the info hash that readers are given, in the order in which they are asked for. */
export const INFO_FIELDS = [
  'client_ip',
  'user_id',
  'created_at',
  'last_seen_at',
  'request_count',
  'response_count',
  'error_count',
  'duration_us_total',
  'previous_session_id',
  'next_session_id',
  'partial',
] as const;

/** The info from the values of `INFO_FIELDS`; null when there is no such hash. */
export function parseInfo(
  values: readonly (string | null)[],
): SessionInfo | null {
  const [
    clientIp,
    userId,
    createdAt,
    lastSeenAt,
    requestCount,
    responseCount,
    errorCount,
    durationTotal,
    previousSessionId,
    nextSessionId,
    partial,
  ] = values;
  if (createdAt === null || createdAt === undefined) {
    return null;
  }
  const info: SessionInfo = {
    client_ip: clientIp ?? '',
    user_id: userId ?? '',
    created_at: Number(createdAt),
    last_seen_at: Number(lastSeenAt ?? createdAt),
    request_count: Number(requestCount ?? 0),
    response_count: Number(responseCount ?? 0),
    error_count: Number(errorCount ?? 0),
    duration_us_total: Number(durationTotal ?? 0),
  };
  if (previousSessionId) {
    info.previous_session_id = previousSessionId;
  }
  if (nextSessionId) {
    info.next_session_id = nextSessionId;
  }
  if (partial) {
    info.partial = true;
  }
  return info;
}
