import type { SessionInfo } from '../../model/records.js';

/** The info from the fields of its hash and their values, in turn; null when there is no such hash. */
export function parseInfo(fields: readonly string[]): SessionInfo | null {
  const hash = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    hash.set(fields[at] ?? '', fields[at + 1] ?? '');
  }
  const createdAt = hash.get('created_at');
  if (createdAt === undefined) {
    return null;
  }
  const info: SessionInfo = {
    client_ip: hash.get('client_ip') ?? '',
    user_id: hash.get('user_id') ?? '',
    created_at: Number(createdAt),
    last_seen_at: Number(hash.get('last_seen_at') ?? createdAt),
    request_count: Number(hash.get('request_count') ?? 0),
    response_count: Number(hash.get('response_count') ?? 0),
    error_count: Number(hash.get('error_count') ?? 0),
    duration_us_total: Number(hash.get('duration_us_total') ?? 0),
  };
  const previousSessionId = hash.get('previous_session_id');
  if (previousSessionId) {
    info.previous_session_id = previousSessionId;
  }
  const nextSessionId = hash.get('next_session_id');
  if (nextSessionId) {
    info.next_session_id = nextSessionId;
  }
  if (hash.get('partial')) {
    info.partial = true;
  }
  return info;
}
