import { randomUUID } from 'node:crypto';
import type {
  CallHandler,
  ExecutionContext,
  NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { Redis } from 'ioredis';
import { mergeMap, type Observable } from 'rxjs';
import type { SetUp } from './variant.js';

const PREFIX = 'awaited:session:';
const TTL_SECONDS = 7200;

interface IncomingRequest {
  ip: string;
  url: string;
  method: string;
}

/** What one writes first: five commands for each request, each of them waited for. */
class AwaitedCommandsInterceptor implements NestInterceptor {
  constructor(private readonly redis: Redis) {}

  async intercept(
    context: ExecutionContext,
    next: CallHandler,
  ): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const { ip, url, method } = http.getRequest<IncomingRequest>();
    const startedAt = performance.now();
    const request_id = randomUUID();
    const session = `${PREFIX}${await this.openSession(ip)}`;
    await this.append(`${session}:requests`, {
      timestamp: Date.now() / 1000,
      path: url,
      method,
      request_id,
    });
    return next.handle().pipe(
      mergeMap(async (value: unknown) => {
        await this.append(`${session}:responses`, {
          timestamp: Date.now() / 1000,
          request_id,
          status_code: http.getResponse<{ statusCode: number }>().statusCode,
          duration_ms: performance.now() - startedAt,
        });
        return value;
      }),
    );
  }

  private async openSession(ip: string): Promise<string> {
    const key = `${PREFIX}ip:${ip}`;
    const open = await this.redis.get(key);
    if (open !== null) {
      return open;
    }
    const session = randomUUID();
    await this.redis.set(key, session, 'EX', TTL_SECONDS);
    return session;
  }

  private async append(list: string, record: object): Promise<void> {
    await this.redis.rpush(list, JSON.stringify(record));
    await this.redis.expire(list, TTL_SECONDS);
  }
}

export const setUp: SetUp = ({ redisUrl }) => ({
  providers: [
    {
      provide: APP_INTERCEPTOR,
      useValue: new AwaitedCommandsInterceptor(new Redis(redisUrl)),
    },
  ],
});
