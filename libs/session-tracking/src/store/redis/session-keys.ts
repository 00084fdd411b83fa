import { ownerOf } from '../../model/clients/client-groups.js';
import type { ClientReference } from '../../model/clients/client-identity.js';
import { slotName, type TimeSlot } from '../../model/totals/time-slot.js';

/** Every key that this package uses in Redis: prefix in, keys out. */
export class SessionKeys {
  /** What every key of the partition begins with. */
  readonly base: string;
  /** Sorted set of session ids by creation time. */
  readonly index: string;
  /** Sorted set of session ids by the time at which their expiry was last renewed. */
  readonly expiry: string;

  constructor(keyPrefix: string) {
    this.base = `${keyPrefix}:session:`;
    this.index = `${this.base}index`;
    this.expiry = `${this.base}expiry`;
  }

  /** Hash with the session's info. */
  info(sessionId: string): string {
    return `${this.base}${sessionId}:info`;
  }

  /** List of request records. */
  requests(sessionId: string): string {
    return `${this.base}${sessionId}:requests`;
  }

  /** List of response records. */
  responses(sessionId: string): string {
    return `${this.base}${sessionId}:responses`;
  }

  /** String: the id of the client's open session. */
  openSession(client: ClientReference): string {
    return `${this.base}${ownerOf(client)}`;
  }

  /** List of the ids of the client's newest sessions, newest first. */
  sessionsOf(client: ClientReference): string {
    return `${this.base}sessions:${ownerOf(client)}`;
  }

  /** Hash: the totals of everything in a slot. */
  usage(slot: TimeSlot): string {
    return `${this.base}usage:${slotName(slot)}`;
  }

  /** Hash: the totals of a slot by route. */
  routes(slot: TimeSlot): string {
    return `${this.base}routes:${slotName(slot)}`;
  }

  /** Hash: the totals of a slot by client. */
  clients(slot: TimeSlot): string {
    return `${this.base}clients:${slotName(slot)}`;
  }

  /** HyperLogLog: the different clients of a slot. */
  uniqueClients(slot: TimeSlot): string {
    return `${this.base}unique:${slotName(slot)}`;
  }

  /** String: the salt under which addresses are hashed on a day. */
  salt(day: string): string {
    return `${this.base}salt:${day}`;
  }

  /** Channel on which records are told as they are stored. */
  get live(): string {
    return `${this.base}live`;
  }

  /** String: the last batch of a writer, with the answer it got. */
  writer(writer: string): string {
    return `${this.base}writer:${writer}`;
  }
}
