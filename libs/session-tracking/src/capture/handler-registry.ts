import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { SKIP_TRACKING } from '../model/records/skip-tracking.js';

/** What is known about a handler before it is called. */
export interface HandlerDescription {
  /** Controller and method, such as `OrdersController.create`. */
  readonly name: string;
  readonly skipped: boolean;
}

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Describes handlers; each is looked at once, since metadata does not change. */
export class HandlerRegistry {
  private readonly known = new WeakMap<
    object,
    WeakMap<Handler, HandlerDescription>
  >();

  constructor(private readonly reflector: Reflector) {}

  describe(context: ExecutionContext): HandlerDescription {
    const controller = context.getClass();
    const handler = context.getHandler();
    let handlers = this.known.get(controller);
    if (handlers === undefined) {
      handlers = new WeakMap();
      this.known.set(controller, handlers);
    }
    let description = handlers.get(handler);
    if (description === undefined) {
      description = {
        name: `${controller.name}.${handler.name}`,
        skipped:
          this.reflector.getAllAndOverride<boolean | undefined>(SKIP_TRACKING, [
            handler,
            controller,
          ]) ?? false,
      };
      handlers.set(handler, description);
    }
    return description;
  }
}
