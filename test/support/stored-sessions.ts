import { Redis } from 'ioredis';
import type { RequestRecord, ResponseRecord } from 'nestjs-session-tracking';

/** A session as a foreign program finds it in Redis. */
export interface StoredSession {
  readonly id: string;
  readonly info: Record<string, string>;
  readonly requests: RequestRecord[];
  readonly responses: ResponseRecord[];
}

/** A request with the response of the same id. */
export interface StoredExchange {
  readonly session: StoredSession;
  readonly request: RequestRecord;
  readonly response: ResponseRecord;
}

/** Reads what an app has stored, with a plain client and the documented keys alone. */
export class StoredSessions {
  readonly redis: Redis;

  constructor(
    url: string,
    readonly prefix: string,
  ) {
    this.redis = new Redis(url);
    // A test may take Redis away.
    this.redis.on('error', () => undefined);
  }

  /** Key of the app under its prefix, such as `key('user:42')`. */
  key(rest: string): string {
    return `${this.prefix}:session:${rest}`;
  }

  async keys(): Promise<string[]> {
    const keys = await this.redis.keys(`${this.prefix}:*`);
    return keys.toSorted();
  }

  async all(): Promise<StoredSession[]> {
    const infoKeys = (await this.keys()).filter((key) => key.endsWith(':info'));
    return Promise.all(
      infoKeys.map((key) =>
        this.read(key.slice(this.key('').length, -':info'.length)),
      ),
    );
  }

  /** The only session there is. */
  async only(): Promise<StoredSession> {
    const sessions = await this.all();
    const [session] = sessions;
    if (session === undefined || sessions.length > 1) {
      throw new Error(`${sessions.length} sessions are stored instead of one.`);
    }
    return session;
  }

  async read(id: string): Promise<StoredSession> {
    const [info, requests, responses] = await Promise.all([
      this.redis.hgetall(this.key(`${id}:info`)),
      this.redis.lrange(this.key(`${id}:requests`), 0, -1),
      this.redis.lrange(this.key(`${id}:responses`), 0, -1),
    ]);
    return {
      id,
      info,
      requests: requests.map((json): RequestRecord => JSON.parse(json)),
      responses: responses.map((json): ResponseRecord => JSON.parse(json)),
    };
  }

  /** Every stored request with its response; throws when one of the two has no partner. */
  async exchanges(): Promise<StoredExchange[]> {
    const sessions = await this.all();
    return sessions.flatMap((session) => {
      if (session.requests.length !== session.responses.length) {
        throw new Error(
          `${session.requests.length} requests, but ${session.responses.length} responses.`,
        );
      }
      return session.requests.map((request) => {
        const [response, ...others] = session.responses.filter(
          ({ request_id }) => request_id === request.request_id,
        );
        if (response === undefined || others.length > 0) {
          throw new Error(`Not one response for ${request.request_id}.`);
        }
        return { session, request, response };
      });
    });
  }

  /** The only exchange there is. */
  async onlyExchange(): Promise<StoredExchange> {
    const exchanges = await this.exchanges();
    const [exchange] = exchanges;
    if (exchange === undefined || exchanges.length > 1) {
      throw new Error(
        `${exchanges.length} exchanges are stored instead of one.`,
      );
    }
    return exchange;
  }

  /** Everything under the prefix as one text, to look for what must not be there. */
  async dump(): Promise<string> {
    const contents = await Promise.all(
      (await this.keys()).map(async (key) => {
        switch (await this.redis.type(key)) {
          case 'hash':
            return JSON.stringify([key, await this.redis.hgetall(key)]);
          case 'list':
            return JSON.stringify([key, await this.redis.lrange(key, 0, -1)]);
          case 'zset':
            return JSON.stringify([
              key,
              await this.redis.zrange(key, '0', '-1'),
            ]);
          default:
            return JSON.stringify([key, await this.redis.get(key)]);
        }
      }),
    );
    return contents.join('\n');
  }

  close(): void {
    this.redis.disconnect();
  }
}
