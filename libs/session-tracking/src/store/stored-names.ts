import type { StoredNames } from '../model/clients/client-identity.js';
import type { ClientTotalsOfSlot } from '../model/totals/request-totals.js';
import { bySlot } from '../model/totals/time-slot.js';
import { newestFirst } from './listing-cursor.js';
import {
  type ErasureReport,
  nothingErased,
  type SessionStore,
  type SessionSummary,
} from './session-store.js';

/** The id of a client's open session under any of its names, or null. */
export async function findOpenSession(
  store: Pick<SessionStore, 'findSessionId'>,
  names: StoredNames,
): Promise<string | null> {
  for (const name of names) {
    const sessionId = await store.findSessionId(name);
    if (sessionId !== null) {
      return sessionId;
    }
  }
  return null;
}

/** The sessions of a client under all its names, newest first. */
export async function listSessionsOfNames(
  store: Pick<SessionStore, 'listSessionsOfClient'>,
  names: StoredNames,
): Promise<SessionSummary[]> {
  const lists = await Promise.all(
    names.map((name) => store.listSessionsOfClient(name)),
  );
  const [only = []] = lists;
  return lists.length === 1 ? only : lists.flat().toSorted(newestFirst);
}

/** What is held of a client in the totals, under all its names, earliest first. */
export async function readTotalsOfNames(
  store: Pick<SessionStore, 'readTotalsOfClient'>,
  names: StoredNames,
): Promise<ClientTotalsOfSlot[]> {
  const lists = await Promise.all(
    names.map((name) => store.readTotalsOfClient(name)),
  );
  return lists.flat().toSorted(bySlot);
}

/** Removes everything that any of a client's names stands for. */
export async function eraseNames(
  store: Pick<SessionStore, 'eraseClient'>,
  names: StoredNames,
): Promise<ErasureReport> {
  const sum = nothingErased();
  for (const name of names) {
    const report = await store.eraseClient(name);
    sum.erased_sessions += report.erased_sessions;
    sum.erased_requests += report.erased_requests;
    sum.erased_responses += report.erased_responses;
  }
  return sum;
}
