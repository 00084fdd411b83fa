import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { exchangeOfContext } from './context-exchange.js';
import type { CurrentSessionReference } from './current-session.js';
import { HandlerRegistry } from './handler-registry.js';

const handlers = new HandlerRegistry(new Reflector());

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
    const exchange = exchangeOfContext(context);
    return exchange === undefined || handlers.describe(context).skipped
      ? undefined
      : exchange.describeSession(exchange);
  },
);
