import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { CurrentSessionReference } from './current-session.js';
import { graphqlCallOf } from './graphql-context.js';
import { findExchange } from './http-exchange.js';

/**
 * Injects the session of the request into a handler's parameter; undefined when the request is not
 * tracked.
 *
 * @example
 * findAll(@CurrentSession() session?: CurrentSessionReference) {
 *   this.logger.log(`request ${session?.requestId}`);
 * }
 */
export const CurrentSession: () => ParameterDecorator = createParamDecorator(
  (
    _data: unknown,
    context: ExecutionContext,
  ): CurrentSessionReference | undefined => {
    const request: object | undefined =
      context.getType() === 'http'
        ? context.switchToHttp().getRequest()
        : graphqlCallOf(context)?.request;
    const exchange = findExchange(request);
    return exchange?.describeSession(exchange);
  },
);
