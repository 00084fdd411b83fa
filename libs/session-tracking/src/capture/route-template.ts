import { UNMATCHED_ROUTE } from '../model/records.js';
import type { Redactor } from '../model/redactor.js';
import type { HostRequest } from '../options/session-tracking-options.js';

/** What a platform calls the place where a request went that no route matched. */
const CATCH_ALL = new Set([
  '',
  '*',
  '/*',
  '*path',
  '/*path',
  '*splat',
  '/*splat',
]);

/**
 * The template of the route that took the request, to be read when the response is closed. Where
 * Express mounted a router, the beginning is no template but what the client sent.
 */
export function routeTemplateOf(
  request: HostRequest,
  redactor: Redactor,
): string {
  // Fastify names the template whole; Express leaves out where the route's router is mounted.
  const fastify: unknown = request.routeOptions?.url;
  const express: unknown = request.route?.path;
  if (typeof fastify === 'string' && !CATCH_ALL.has(fastify)) {
    return fastify;
  }
  if (typeof express !== 'string' || CATCH_ALL.has(express)) {
    return UNMATCHED_ROUTE;
  }
  const mountedAt: unknown = request.baseUrl;
  return typeof mountedAt === 'string' && mountedAt !== ''
    ? redactor.path(mountedAt) + express
    : express;
}
