import { isRequestId } from '../model/records/request-id.js';
import type {
  RequestRecord,
  ResponseRecord,
} from '../model/records/records.js';
import type { SessionStore } from '../store/session-store.js';
import { type JourneyEntry, orderExchanges, toEntries } from './journey.js';
import { type PartialMark, partialMark } from './partial-mark.js';
import { checkWholeNumber } from './query-checks.js';

export const DEFAULT_CONTEXT = 10;
export const MAX_CONTEXT = 100;

/** How much to tell about what came before and after a request. */
export interface RequestQuery {
  /** Requests before and after, 0 to 100 each. Default 10. */
  context?: number | undefined;
}

/** One request, and what its client did before and after it. */
export interface FoundRequest extends PartialMark {
  session_id: string;
  /** Empty for an anonymous client. */
  user_id: string;
  client_ip: string;
  request: RequestRecord;
  /** Null while no response is stored. */
  response: ResponseRecord | null;
  /** In the order of arrival, as are those after. */
  before: JourneyEntry[];
  after: JourneyEntry[];
}

/**
 * Finds the latest request that bears an id; null when there is none or it is no longer kept.
 *
 * @throws InvalidQueryError
 */
export async function findRequest(
  store: Pick<SessionStore, 'findRequest' | 'readSession'>,
  requestId: string,
  { context = DEFAULT_CONTEXT }: RequestQuery,
): Promise<FoundRequest | null> {
  checkWholeNumber('context', context, 0, MAX_CONTEXT);
  const sessionId = isRequestId(requestId)
    ? await store.findRequest(requestId)
    : null;
  const history =
    sessionId === null ? null : await store.readSession(sessionId);
  if (history === null) {
    return null;
  }
  const exchanges = orderExchanges(history);
  const position = exchanges.findLastIndex(
    ({ request }) => request.request_id === requestId,
  );
  const found = exchanges[position];
  if (found === undefined) {
    return null;
  }
  const entries = toEntries(exchanges);
  return {
    session_id: history.session_id,
    user_id: history.info.user_id,
    client_ip: history.info.client_ip,
    ...partialMark(history.info),
    ...found,
    before: entries.slice(Math.max(0, position - context), position),
    after: entries.slice(position + 1, position + 1 + context),
  };
}
