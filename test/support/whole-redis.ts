import type { Redis } from 'ioredis';

/** All there is in a server as one text: every key, every field and every value, byte for byte. */
export async function wholeRedis(redis: Redis): Promise<string> {
  const keys = await redis.keysBuffer('*');
  const contents = await Promise.all(
    keys.map(async (key) => [
      key.toString('latin1'),
      ...(await valuesOf(redis, key)),
    ]),
  );
  return contents.flat().join('\n');
}

async function valuesOf(redis: Redis, key: Buffer): Promise<string[]> {
  const values = await rawValuesOf(redis, key);
  return values.map((value) => value.toString('latin1'));
}

async function rawValuesOf(redis: Redis, key: Buffer): Promise<Buffer[]> {
  const type = await redis.type(key);
  switch (type) {
    case 'hash': {
      const [names, values] = await Promise.all([
        redis.hkeysBuffer(key),
        redis.hvalsBuffer(key),
      ]);
      return [...names, ...values];
    }
    case 'list':
      return redis.lrangeBuffer(key, 0, -1);
    case 'zset':
      return redis.zrangeBuffer(key, '0', '-1');
    case 'string': {
      const value = await redis.getBuffer(key);
      return value === null ? [] : [value];
    }
    // It went meanwhile.
    case 'none':
      return [];
    default:
      throw new Error(`Nobody reads a ${type}.`);
  }
}
