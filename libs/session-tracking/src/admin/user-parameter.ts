import type { SessionAnalytics } from '../analytics/session-analytics.js';
import {
  type ClientReference,
  isHashedUserId,
} from '../model/clients/client-identity.js';

/**
 * The user that a path names, by its own id or by what answers show of a long one. A text that could
 * be both is the id itself, unless only what is stored under the text is known: so nobody reaches
 * another user by choosing an id.
 */
export async function findUserReference(
  analytics: Pick<SessionAnalytics, 'getClient'>,
  userId: string,
): Promise<ClientReference> {
  const own = { userId };
  const stored = { userId, asStored: true };
  return isHashedUserId(userId) &&
    (await analytics.getClient(own)) === null &&
    (await analytics.getClient(stored)) !== null
    ? stored
    : own;
}
