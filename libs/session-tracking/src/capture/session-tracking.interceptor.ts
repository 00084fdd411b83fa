import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Observable, tap } from 'rxjs';
import { graphqlCallOf } from './graphql-context.js';
import { HandlerRegistry } from './handler-registry.js';
import { findExchange, type HttpExchange } from './http-exchange.js';

/**
 * Adds what only Nest knows to the record of a request: the handler's name, its own time and the
 * class of the error it threw. It records nothing by itself; contexts other than HTTP pass through.
 */
@Injectable()
export class SessionTrackingInterceptor implements NestInterceptor {
  private readonly handlers: HandlerRegistry;

  constructor(reflector: Reflector) {
    this.handlers = new HandlerRegistry(reflector);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const exchange = this.exchangeOf(context);
    return exchange === undefined
      ? next.handle()
      : this.follow(exchange, context, next);
  }

  private exchangeOf(context: ExecutionContext): HttpExchange | undefined {
    if (context.getType() === 'http') {
      return findExchange(context.switchToHttp().getRequest());
    }
    const call = graphqlCallOf(context);
    const exchange = findExchange(call?.request);
    if (exchange !== undefined && call !== undefined) {
      exchange.graphqlOperation ??= call.operation;
    }
    return exchange;
  }

  private follow(
    exchange: HttpExchange,
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    const { name, skipped } = this.handlers.describe(context);
    exchange.skipped ||= skipped;
    const handler = (exchange.handler ??= { name });
    const startedAt = performance.now();
    const stop = (): void => {
      handler.durationMs ??= performance.now() - startedAt;
    };
    return next.handle().pipe(
      tap({
        next: stop,
        complete: stop,
        error: (error: unknown) => {
          stop();
          handler.error = error;
        },
      }),
    );
  }
}
