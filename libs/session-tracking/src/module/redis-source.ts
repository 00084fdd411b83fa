import type { ModuleRef } from '@nestjs/core';
import { RedisConnectionError } from '../errors/redis-connection.error.js';
import type { RedisOption } from '../options/redis-option.js';
import type { RedisSource } from '../store/redis/connection/create-client.js';

const NESTJS_REDIS = '@liaoliaots/nestjs-redis';

/**
 * Finds what the `redis` option points to. To be called when the application's modules are built,
 * because a namespace is looked up among them.
 *
 * @throws RedisConnectionError when there is no such client, or it is of a kind not supported
 */
export async function findRedisSource(
  option: RedisOption,
  moduleRef: ModuleRef,
): Promise<RedisSource> {
  if ('url' in option) {
    return option.url;
  }
  const client =
    'client' in option
      ? option.client
      : await findByNamespace(option.namespace, moduleRef);
  if (client.isCluster) {
    throw new RedisConnectionError(
      'redis: the client is a Cluster, which this version does not support; give it a standalone Redis or one behind Sentinel.',
    );
  }
  return client;
}

async function findByNamespace(
  namespace: string | symbol,
  moduleRef: ModuleRef,
): Promise<Extract<RedisOption, { client: unknown }>['client']> {
  // A URL may have been meant, whose password is nobody's to read.
  const name = String(namespace).replaceAll(/\/\/.*@/g, '//***@');
  const { RedisService } = await import('@liaoliaots/nestjs-redis').catch(
    (cause: unknown) => {
      throw new RedisConnectionError(
        `redis.namespace is ${name}, but ${NESTJS_REDIS} cannot be loaded; install it, or give redis.url or redis.client.`,
        { cause },
      );
    },
  );
  try {
    return moduleRef.get(RedisService, { strict: false }).getOrThrow(namespace);
  } catch {
    // Without its cause, which would say the name as it is.
    throw new RedisConnectionError(
      `redis.namespace is ${name}, but there is no such client; import RedisModule.forRoot() of ${NESTJS_REDIS} with a config of that namespace.`,
    );
  }
}
