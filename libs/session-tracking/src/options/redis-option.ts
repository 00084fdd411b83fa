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

/** Whether it is one of the three forms above, and one that ioredis can take. */
export function isRedisOption(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const given = Object.entries(value).filter(
    ([, entry]) => entry !== undefined,
  );
  const [kind, entry] = given[0] ?? [];
  if (given.length !== 1) {
    return false;
  }
  switch (kind) {
    case 'url':
      return typeof entry === 'string' && isRedisUrl(entry);
    case 'client':
      return typeof entry?.duplicate === 'function';
    case 'namespace':
      return (
        (typeof entry === 'string' && entry !== '') || typeof entry === 'symbol'
      );
    default:
      return false;
  }
}

/**
 * Whether ioredis can read an address: what it cannot decode it prints, and with a database that is no number
 * it ends the process when it connects.
 */
function isRedisUrl(text: string): boolean {
  if (!/^rediss?:\/\/./.test(text) || !URL.canParse(text)) {
    return false;
  }
  const { username, password, pathname, searchParams } = new URL(text);
  return (
    isEncoded(username) &&
    isEncoded(password) &&
    /^\/?\d*$/.test(pathname) &&
    /^\d*$/.test(searchParams.get('db') ?? '')
  );
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
