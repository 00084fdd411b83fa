import type { ModuleRef } from '@nestjs/core';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import { RedisConnections } from '../store/redis/connection/redis-connections.js';
import { RedisSessionStore } from '../store/redis/redis-session-store.js';
import type { SessionStore } from '../store/session-store.js';
import { systemClock } from '../tracking/clock.js';
import { findRedisSource } from './redis-source.js';

/** Time limit of a command that answers an admin's question, in milliseconds. */
const READ_TIMEOUT_MS = 800;

/** Sessions kept at the same time: so many that only a flood of made-up clients comes that far. */
const MAX_SESSIONS = { memory: 10_000, redis: 1_000_000 };

/** The store that the options ask for. */
export function createSessionStore(
  options: ResolvedOptions,
  moduleRef: ModuleRef,
): SessionStore {
  const { redis } = options;
  if (redis === undefined) {
    return new MemorySessionStore(
      { ...options, maxSessions: MAX_SESSIONS.memory },
      () => systemClock.now(),
    );
  }
  const connections = new RedisConnections(
    () => findRedisSource(redis, moduleRef),
    { writer: options.flush.timeoutMs, reader: READ_TIMEOUT_MS },
  );
  return new RedisSessionStore(connections, options.keyPrefix, {
    ...options,
    maxSessions: MAX_SESSIONS.redis,
  });
}
