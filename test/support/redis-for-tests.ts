import { afterAll, beforeAll } from 'vitest';
import {
  type RedisServer,
  startRedisServer,
} from '../../libs/session-tracking/testing/redis-server.js';

/** A redis-server for all tests of a file. */
export function redisForTests(): Pick<RedisServer, 'url' | 'port'> {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(async () => {
    await server?.stop();
  });
  const running = (): RedisServer => {
    if (server === undefined) {
      throw new Error('Redis is there only while tests run.');
    }
    return server;
  };
  return {
    get url() {
      return running().url;
    },
    get port() {
      return running().port;
    },
  };
}
