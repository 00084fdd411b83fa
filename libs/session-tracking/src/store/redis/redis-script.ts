import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A Lua script that Redis caches under its hash; sent whole only where Redis does not know it. */
export class RedisScript {
  private readonly source: string;
  private readonly hash: string;

  /** @param parts files of scripts/ that make the script, one after another */
  constructor(...parts: string[]) {
    this.source = parts.map(readPart).join('\n');
    this.hash = createHash('sha1').update(this.source).digest('hex');
  }

  async run(
    redis: Redis,
    key: string,
    ...args: (string | Buffer)[]
  ): Promise<unknown> {
    return takeOut(await this.evaluate(redis, key, args));
  }

  private async evaluate(
    redis: Redis,
    key: string,
    args: readonly (string | Buffer)[],
  ): Promise<unknown> {
    try {
      return await redis.evalsha(this.hash, 1, key, ...args);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOSCRIPT')) {
        return await redis.eval(this.source, 1, key, ...args);
      }
      throw error;
    }
  }
}

/**
 * Moves what a reply holds into an array of its own: functions of ioredis that V8 keeps in its old space hold
 * the reply, so what stays in it is freed by the next full collection only.
 */
function takeOut(reply: unknown): unknown {
  return Array.isArray(reply) ? reply.splice(0) : reply;
}

function readPart(fileName: string): string {
  return readFileSync(
    new URL(`./scripts/${fileName}`, import.meta.url),
    'utf8',
  );
}
