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

/** Paths of mounted routers that are told apart; the others share one name. */
const MOST_MOUNTS = 100;
const ANY_MOUNT = '/*';

/** Names the route that took a request by its template. */
export class RouteTemplates {
  /** By the paths of mounted routers in lower case, what stands for them. */
  private readonly mounts = new Map<string, string>();

  constructor(private readonly redactor: Redactor) {}

  /** To be asked when the response is closed. */
  of({ raw, hostRequest }: { raw: object; hostRequest: HostRequest }): string {
    return hostRequest === raw
      ? this.expressRoute(hostRequest)
      : fastifyRoute(hostRequest);
  }

  private expressRoute(request: HostRequest): string {
    const path: unknown = request.route?.path;
    if (!isTemplate(path)) {
      return UNMATCHED_ROUTE;
    }
    const mountedAt: unknown = request.baseUrl;
    return typeof mountedAt === 'string' && mountedAt !== ''
      ? this.mountOf(mountedAt) + path
      : path;
  }

  /**
   * Express leaves out where the route's router is mounted, and says of that no template but what the
   * client sent, in any case of its letters: the first spelling stands for all.
   */
  private mountOf(path: string): string {
    const key = path.toLowerCase();
    let mount = this.mounts.get(key);
    if (mount === undefined) {
      if (this.mounts.size >= MOST_MOUNTS) {
        return ANY_MOUNT;
      }
      mount = this.redactor.path(path);
      this.mounts.set(key, mount);
    }
    return mount;
  }
}

/** Fastify names the template whole. */
function fastifyRoute({ routeOptions }: HostRequest): string {
  const url: unknown = routeOptions?.url;
  return isTemplate(url) ? url : UNMATCHED_ROUTE;
}

function isTemplate(path: unknown): path is string {
  return typeof path === 'string' && !CATCH_ALL.has(path);
}
