import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Observable } from 'rxjs';
import { graphqlCallOf } from './graphql-context.js';
import { HandlerRegistry } from './handler-registry.js';
import { HandlerSubscriber } from './handler-subscriber.js';
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
      // `switchToHttp()` makes three functions for each call.
      return findExchange(context.getArgByIndex<object>(0));
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
    const handler = (exchange.handler ??= {
      name,
      durationMs: undefined,
      error: undefined,
    });
    const answers = next.handle();
    return new Observable((subscriber) =>
      answers.subscribe(new HandlerSubscriber(subscriber, handler)),
    );
  }
}
