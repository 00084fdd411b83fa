import { CallBatcher } from './call-batcher.js';
import type { RedisConnections } from '../connection/redis-connections.js';
import { RedisScript } from '../redis-script.js';

/** Reads hashes whole; those that are asked for in one go share calls of Redis. */
export class RedisHashReader {
  private readonly script = new RedisScript('read-hashes.lua');
  private readonly texts: CallBatcher<string, string>;

  constructor(
    connections: RedisConnections,
    /** Any key of the partition that the hashes are in. */
    partitionKey: string,
    /** Hashes that one call of Redis reads at most, so that it holds nobody else up. */
    hashesPerCall: number,
  ) {
    this.texts = new CallBatcher(hashesPerCall, async (keys) => {
      const texts = await connections.ask('reader', 'read hashes', (redis) =>
        this.script.run(redis, partitionKey, ...keys),
      );
      return Array.isArray(texts) ? texts.map(String) : [];
    });
  }

  /** The fields of a hash and their values, in turn; none where there is no hash. */
  read(key: string): Promise<string[]> {
    return this.texts.ask(key, (text) => (text === '' ? [] : JSON.parse(text)));
  }
}
