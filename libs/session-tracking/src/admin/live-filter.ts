import {
  type RequestRecord,
  type TrackedRecord,
  UNMATCHED_ROUTE,
} from '../model/records/records.js';

/** Which records a listener wants to see, in the store's own spelling. */
export interface LiveSelection {
  readonly userId?: string | undefined;
  /** Whether a stored address is the one asked for: asked anew each time, for salts change meanwhile. */
  readonly isAddress?: ((stored: string) => boolean) | undefined;
  readonly method?: string | undefined;
  readonly route?: string | undefined;
}

/** Most requests whose responses are waited for. */
const MAX_AWAITED = 1000;

/** Decides for one listener what it gets to see. */
export class LiveFilter {
  /** Ids of requests that were shown: a response names neither method nor route itself. */
  private readonly awaited = new Set<string>();

  constructor(private readonly selection: LiveSelection) {}

  /** Whether to show a record; to be asked once about each, in the order in which they come. */
  accepts(tracked: TrackedRecord): boolean {
    const { userId, isAddress, method, route } = this.selection;
    if (
      (userId !== undefined && tracked.user_id !== userId) ||
      isAddress?.(tracked.client_ip) === false
    ) {
      return false;
    }
    if (method === undefined && route === undefined) {
      return true;
    }
    return tracked.type === 'response'
      ? this.awaited.delete(tracked.record.request_id)
      : this.acceptsRequest(tracked.record);
  }

  private acceptsRequest(request: RequestRecord): boolean {
    const { method, route } = this.selection;
    if (
      (method !== undefined && request.method !== method) ||
      (route !== undefined && (request.route ?? UNMATCHED_ROUTE) !== route)
    ) {
      return false;
    }
    this.awaited.add(request.request_id);
    const [oldest] = this.awaited;
    if (oldest !== undefined && this.awaited.size > MAX_AWAITED) {
      this.awaited.delete(oldest);
    }
    return true;
  }
}
