import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Observable } from 'rxjs';
import { exchangeOfContext } from './context-exchange.js';
import { HandlerRegistry } from './handler-registry.js';
import { HandlerSubscriber } from './handler-subscriber.js';
import type { HttpExchange } from './http-exchange.js';

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
    const exchange = exchangeOfContext(context);
    return exchange === undefined
      ? next.handle()
      : this.follow(exchange, context, next);
  }

  private follow(
    exchange: HttpExchange,
    context: ExecutionContext,
    next: CallHandler,
  ): Observable<unknown> {
    const { name, skipped } = this.handlers.describe(context);
    exchange.skipped ||= skipped;
    const trace = { name, durationMs: undefined, error: undefined };
    // Resolvers of one operation share a trace. Where another interceptor calls a handler once more, what
    // comes of that counts.
    const handler =
      exchange.graphqlOperation === undefined
        ? (exchange.handler = trace)
        : (exchange.handler ??= trace);
    const answers = next.handle();
    return new Observable((subscriber) =>
      answers.subscribe(new HandlerSubscriber(subscriber, handler)),
    );
  }
}
