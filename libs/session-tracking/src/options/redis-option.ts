import type { Redis } from 'ioredis';

/** Where Redis is: an address, or a connection of the host whose settings are taken over. */
export type RedisOption =
  | {
      /** Such as `redis://user:password@localhost:6379/0`; `rediss://` for TLS. */
      url: string;
    }
  | {
      /** A client of the host. Its settings are used for connections of our own; it is never closed. */
      client: Redis;
    }
  | {
      /** Name of a client of the host's `RedisModule` of `@liaoliaots/nestjs-redis`. */
      namespace: string | symbol;
    };
