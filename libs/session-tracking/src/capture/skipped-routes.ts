import { RequestMethod } from '@nestjs/common';
import type { RouteHandler } from './route-handlers.js';

/**
 * The routes under `@SkipTracking()`, by method and template: a request that a guard turns away
 * never reaches the interceptor, which would know its handler.
 */
export class SkippedRoutes {
  private readonly routes = new Set<string>();

  constructor(handlers: Iterable<RouteHandler>) {
    const recorded = new Set<string>();
    for (const { method, templates, skipped } of handlers) {
      for (const template of templates) {
        (skipped ? this.routes : recorded).add(
          `${RequestMethod[method]} ${template}`,
        );
      }
    }
    // Versions can share a template; where one of them is recorded, a rejected request is too.
    for (const route of recorded) {
      this.routes.delete(route);
    }
  }

  has(method: string, template: string): boolean {
    return (
      this.routes.size > 0 &&
      [method, 'ALL', ...(method === 'HEAD' ? ['GET'] : [])].some((name) =>
        this.routes.has(`${name} ${template}`),
      )
    );
  }
}
