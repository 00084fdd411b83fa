import type { Exchange } from './exchange.js';
import type { TrackedRecord } from './records.js';

/** The records of an exchange, the request first, with the session in which they are stored. */
export function trackedRecordsOf(
  { client, request, response }: Exchange,
  sessionId: string,
): TrackedRecord[] {
  const session = {
    session_id: sessionId,
    user_id: client.userId,
    client_ip: client.ip,
  };
  const records: TrackedRecord[] = [];
  if (request !== undefined) {
    records.push({ ...session, type: 'request', record: request });
  }
  if (response !== undefined) {
    records.push({ ...session, type: 'response', record: response });
  }
  return records;
}
