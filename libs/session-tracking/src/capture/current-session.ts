import type { ClientIdentity } from '../model/clients/client-identity.js';

/** The session that the current request belongs to. */
export interface CurrentSessionReference {
  /** The request's id, as it is recorded and sent back. */
  readonly requestId: string;
  /** Who sent the request, as far as guards have found out by now. */
  readonly client: ClientIdentity;
  /** The session's id; null before the first record of a new client is stored. */
  getId(): Promise<string | null>;
}
