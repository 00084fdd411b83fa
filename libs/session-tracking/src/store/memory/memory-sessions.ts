import { randomUUID } from 'node:crypto';
import { UNKNOWN_ADDRESS } from '../../model/clients/address.js';
import {
  type ClientGroup,
  sessionOwner,
} from '../../model/clients/client-groups.js';
import type { Client } from '../../model/clients/client-identity.js';
import type {
  RequestRecord,
  ResponseRecord,
  SessionInfo,
} from '../../model/records/records.js';
import { totalOf } from '../../model/totals/session-totals.js';
import type { StorePolicy } from '../session-store.js';
import { ExpiringMap } from './expiring-map.js';

/** A session as it is kept. */
export interface StoredSession {
  readonly session_id: string;
  readonly info: SessionInfo;
  readonly requests: RequestRecord[];
  readonly responses: ResponseRecord[];
}

/** The sessions, and which of them is open for whom. */
export class MemorySessions {
  private readonly sessions: ExpiringMap<StoredSession>;
  /** Ids of sessions by owner. */
  private readonly openSessions: ExpiringMap<string>;

  constructor(
    private readonly policy: StorePolicy,
    private readonly dataTtlSeconds: number,
    now: () => number,
  ) {
    this.sessions = new ExpiringMap(policy.maxSessions, now);
    this.openSessions = new ExpiringMap(policy.maxSessions, now);
  }

  /** How many went because there were too many. */
  get crowdedOut(): number {
    return this.sessions.crowdedOut;
  }

  get(sessionId: string): StoredSession | undefined {
    return this.sessions.get(sessionId);
  }

  all(): StoredSession[] {
    return [...this.sessions.values()];
  }

  findOpen(owner: string): StoredSession | undefined {
    return this.sessions.get(this.openSessions.get(owner) ?? '');
  }

  /**
   * Appends the exchanges of one client to its open session, which is made when there is none.
   *
   * @param address where a session that is made began
   * @returns the session, and when it was thought to have begun before; undefined for a new one
   */
  append(
    group: ClientGroup,
    address: string,
  ): { session: StoredSession; begunBefore: number | undefined } {
    const totals = totalOf(group.exchanges);
    const current = this.continued(group.client);
    const age = totals.firstAt - (current?.info.created_at ?? totals.firstAt);
    const isNew = current === undefined || age >= this.policy.maxSessionSeconds;
    const session = isNew
      ? this.create(group, address, totals.firstAt, current)
      : current;
    const { info } = session;
    const begunBefore = isNew ? undefined : info.created_at;
    // Copies: a subscriber of records is given the exchange itself, and may do with it as it likes.
    for (const { request, response, sampling } of group.exchanges) {
      if (sampling === 'kept') {
        info.partial = true;
      }
      if (request !== undefined) {
        session.requests.push({ ...request });
        info.request_count += 1;
      }
      if (response !== undefined) {
        session.responses.push({ ...response });
      }
    }
    trim(session.requests, this.policy.maxRecordsPerSession);
    trim(session.responses, this.policy.maxRecordsPerSession);
    info.response_count += totals.responses;
    info.error_count += totals.errors;
    info.duration_us_total += totals.durationMicroseconds;
    if (info.created_at - totals.firstAt < this.policy.sessionTtlSeconds) {
      // A request that took long ends, and is stored, after others that came later.
      info.created_at = Math.min(info.created_at, totals.firstAt);
    }
    info.last_seen_at = Math.max(info.last_seen_at, totals.lastAt);
    this.sessions.set(session.session_id, session, this.dataTtlSeconds);
    this.openSessions.set(
      ownerOfSession(session),
      session.session_id,
      this.policy.sessionTtlSeconds,
    );
    return { session, begunBefore };
  }

  /** Removes sessions, and what leads to them. */
  remove(sessions: readonly StoredSession[]): void {
    const ids = new Set(sessions.map(({ session_id }) => session_id));
    const nextIds = new Set(sessions.map(({ info }) => info.next_session_id));
    this.openSessions.deleteWhere((id) => ids.has(id));
    for (const id of ids) {
      this.sessions.delete(id);
    }
    for (const { session_id, info } of this.sessions.values()) {
      if (ids.has(info.next_session_id ?? '')) {
        delete info.next_session_id;
      }
      if (nextIds.has(session_id) && ids.has(info.previous_session_id ?? '')) {
        delete info.previous_session_id;
      }
    }
  }

  /** The client's open session, also where that is kept under the address of the salt before. */
  private continued(client: Client): StoredSession | undefined {
    const { userId, formerIp } = client;
    const open = this.findOpen(sessionOwner(client));
    return open === undefined && formerIp !== undefined
      ? this.findOpen(sessionOwner({ userId, ip: formerIp }))
      : open;
  }

  private create(
    { client }: ClientGroup,
    address: string,
    createdAt: number,
    aged: StoredSession | undefined,
  ): StoredSession {
    const session: StoredSession = {
      session_id: randomUUID(),
      info: {
        client_ip: address,
        user_id: client.userId,
        created_at: createdAt,
        last_seen_at: createdAt,
        request_count: 0,
        response_count: 0,
        error_count: 0,
        duration_us_total: 0,
      },
      requests: [],
      responses: [],
    };
    if (aged !== undefined) {
      session.info.previous_session_id = aged.session_id;
      this.sessions.set(aged.session_id, aged, this.policy.retentionSeconds);
    } else if (client.userId !== '' && address !== UNKNOWN_ADDRESS) {
      this.signIn(session, client.formerIp);
    }
    return session;
  }

  /** Links the session of a user with the anonymous one that it came from. */
  private signIn(session: StoredSession, formerIp: string | undefined): void {
    for (const ip of [session.info.client_ip, formerIp]) {
      const anonymous =
        ip === undefined
          ? undefined
          : this.findOpen(sessionOwner({ userId: '', ip }));
      if (anonymous !== undefined && this.linkTo(anonymous, session)) {
        return;
      }
    }
  }

  /** Whether an anonymous session leads to a user's: it does unless it led to another user before. */
  private linkTo(
    anonymous: StoredSession,
    { session_id, info }: StoredSession,
  ): boolean {
    const next = anonymous.info.next_session_id;
    if (
      next === undefined ||
      this.sessions.get(next)?.info.user_id === info.user_id
    ) {
      info.previous_session_id = anonymous.session_id;
      anonymous.info.next_session_id = session_id;
      return true;
    }
    return false;
  }
}

/** Who a session belongs to. */
export function ownerOfSession({ info }: StoredSession): string {
  return sessionOwner({ userId: info.user_id, ip: info.client_ip });
}

function trim(records: unknown[], limit: number): void {
  if (records.length > limit) {
    records.splice(0, records.length - limit);
  }
}
