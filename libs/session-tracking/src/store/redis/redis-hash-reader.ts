import { CallBatcher } from './call-batcher.js';
import type { RedisConnections } from './redis-connections.js';
import { RedisScript } from './redis-script.js';

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

  /** A hash as JSON, its fields and values in turn; empty where there is none. */
  readText(key: string): Promise<string> {
    return this.texts.ask(key);
  }

  /** The fields of a hash and their values, in turn. */
  async read(key: string): Promise<string[]> {
    const text = await this.readText(key);
    const fields: string[] = text === '' ? [] : JSON.parse(text);
    return fields;
  }
}
