import { randomBytes } from 'node:crypto';

export interface ShopSettings {
  port: number;
  jwtSecret: string;
  redisUrl: string | undefined;
}

export class InvalidSettingError extends Error {
  override readonly name = 'InvalidSettingError';
}

export function readSettings(env: NodeJS.ProcessEnv): ShopSettings {
  return {
    port: readPort(env.PORT),
    // A random secret means that nobody has to configure one to try the shop; tokens end with the process.
    jwtSecret: env.JWT_SECRET || randomBytes(32).toString('hex'),
    redisUrl: readRedisUrl(env.REDIS_URL),
  };
}

function readPort(value = '3000'): number {
  const port = Number(value);
  if (
    value.trim() === '' ||
    !Number.isInteger(port) ||
    port < 0 ||
    port > 65535
  ) {
    throw new InvalidSettingError(
      `PORT is '${value}': give a number from 0 to 65535 (0 takes any free port).`,
    );
  }
  return port;
}

function readRedisUrl(value?: string): string | undefined {
  if (!value) {
    return undefined;
  }
  if (!/^rediss?:\/\//.test(value) || !URL.canParse(value)) {
    throw new InvalidSettingError(
      'REDIS_URL is not an address of Redis: write it like redis://localhost:6379, or leave it out to keep sessions in memory.',
    );
  }
  return value;
}
