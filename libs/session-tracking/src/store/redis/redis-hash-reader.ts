import type { RedisConnections } from './redis-connections.js';
import { RedisScript } from './redis-script.js';

/** Hashes that one call of Redis reads at most, so that it holds nobody else up. */
const HASHES_PER_CALL = 8;

interface Waiting {
  readonly key: string;
  readonly resolve: (text: string) => void;
  readonly reject: (error: unknown) => void;
}

/** Reads hashes whole; those that are asked for in one go share a call of Redis. */
export class RedisHashReader {
  private readonly script = new RedisScript('read-hashes.lua');
  private waiting: Waiting[] = [];

  constructor(
    private readonly connections: RedisConnections,
    /** Any key of the partition that the hashes are in. */
    private readonly partitionKey: string,
  ) {}

  /** The fields of a hash and their values, in turn. */
  async read(key: string): Promise<string[]> {
    const text = await new Promise<string>((resolve, reject) => {
      this.waiting.push({ key, resolve, reject });
      if (this.waiting.length === 1) {
        queueMicrotask(() => this.readWaiting());
      }
    });
    const fields: string[] = text === '' ? [] : JSON.parse(text);
    return fields;
  }

  private readWaiting(): void {
    const { waiting } = this;
    this.waiting = [];
    for (let from = 0; from < waiting.length; from += HASHES_PER_CALL) {
      void this.readTogether(waiting.slice(from, from + HASHES_PER_CALL));
    }
  }

  private async readTogether(group: readonly Waiting[]): Promise<void> {
    try {
      const texts = await this.connections.ask(
        'reader',
        'read totals',
        (redis) =>
          this.script.run(
            redis,
            this.partitionKey,
            ...group.map(({ key }) => key),
          ),
      );
      group.forEach(({ resolve }, index) =>
        resolve(Array.isArray(texts) ? String(texts[index] ?? '') : ''),
      );
    } catch (error) {
      for (const { reject } of group) {
        reject(error);
      }
    }
  }
}
