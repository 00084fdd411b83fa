import { UNMATCHED_ROUTE } from '../model/records.js';
import type { HostRequest } from '../options/session-tracking-options.js';

/** What a platform calls the place where a request went that no route matched. */
const CATCH_ALL = new Set(['*', '/*', '*path', '/*path', '*splat', '/*splat']);

/** The template of the route that took the request, to be read when the response is closed. */
export function routeTemplateOf(request: HostRequest): string {
  // Fastify; an unmatched request has options too, without a url.
  const template: unknown =
    request.routeOptions?.url ??
    // Express; a router that is mounted under a path knows only the rest.
    (typeof request.route?.path === 'string'
      ? (request.baseUrl ?? '') + request.route.path
      : undefined);
  return typeof template === 'string' &&
    template !== '' &&
    !CATCH_ALL.has(template)
    ? template
    : UNMATCHED_ROUTE;
}
