import { UNMATCHED_ROUTE } from '../model/records/records.js';
import type { Redactor } from '../model/redaction/redactor.js';
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

/** The template of the route that took the request, to be read when the response is closed. */
export function routeTemplateOf(
  { raw, hostRequest }: { raw: object; hostRequest: HostRequest },
  redactor: Redactor,
): string {
  return hostRequest === raw
    ? expressRoute(hostRequest, redactor)
    : fastifyRoute(hostRequest);
}

/** Fastify names the template whole. */
function fastifyRoute({ routeOptions }: HostRequest): string {
  const url: unknown = routeOptions?.url;
  return isTemplate(url) ? url : UNMATCHED_ROUTE;
}

/**
 * Express leaves out where the route's router is mounted, and says of that no template but what the
 * client sent, in any case of its letters: that every client can write it in many ways must not make
 * many routes of one.
 */
function expressRoute(request: HostRequest, redactor: Redactor): string {
  const path: unknown = request.route?.path;
  if (!isTemplate(path)) {
    return UNMATCHED_ROUTE;
  }
  const mountedAt: unknown = request.baseUrl;
  return typeof mountedAt === 'string' && mountedAt !== ''
    ? redactor.path(mountedAt).toLowerCase() + path
    : path;
}

function isTemplate(path: unknown): path is string {
  return typeof path === 'string' && !CATCH_ALL.has(path);
}
