import { orderByArrival } from '../model/records/arrival-order.js';
import type { SessionHistory } from '../model/records/records.js';
import { type Journey, toJourney } from './journey.js';
import { type SessionDocument, toSessionDocument } from './session-document.js';

/** Everything about a session in one document, to be handed to whoever looks into a case. */
export interface SessionExport {
  /** Unix time in seconds. */
  exported_at: number;
  session: SessionDocument;
  history: SessionHistory;
  journey: Journey;
}

/** Puts together what there is to say about a session. */
export function toSessionExport(
  history: SessionHistory,
  now: number,
): SessionExport {
  return {
    exported_at: now,
    session: toSessionDocument(history),
    history: orderByArrival(history),
    journey: toJourney(history),
  };
}
