import type { ExecutionContext } from '@nestjs/common';
import { graphqlCallOf } from './graphql-context.js';
import { findExchange, type HttpExchange } from './http-exchange.js';

/**
 * The exchange in which a handler is called; undefined where it is not tracked, and where what other packages
 * make of a context throws.
 */
export function exchangeOfContext(
  context: ExecutionContext,
): HttpExchange | undefined {
  try {
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
  } catch {
    return undefined;
  }
}
