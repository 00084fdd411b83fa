import type { SessionInfo } from '../../../model/records/records.js';

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
    request_count: parseCounter(hash.get('request_count')),
    response_count: parseCounter(hash.get('response_count')),
    error_count: parseCounter(hash.get('error_count')),
    duration_us_total: parseCounter(hash.get('duration_us_total')),
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

/** What another program left that is no number counts as none, as it does when more is added. */
function parseCounter(text: string | undefined): number {
  const count = Number(text);
  return Number.isFinite(count) ? count : 0;
}
