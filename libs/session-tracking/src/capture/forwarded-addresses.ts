import type { HostRequest } from '../options/session-tracking-options.js';

/** Most addresses in each of the two maps. */
const MOST_ADDRESSES = 8192;

/** A host's trust function may follow a list that changes, so an address is kept for two of these. */
const LIFETIME_MS = 30_000;

/** Longest header that is worth the memory, in characters. */
const LONGEST_HEADER = 200;

/** The sources, without white space, of the getters whose answer follows from socket and header alone. */
const PLATFORM_GETTERS = new Set([
  // Express 4 and 5
  "functionip(){vartrust=this.app.get('trustproxyfn');returnproxyaddr(this,trust);}",
  // Fastify 5 with `trustProxy`
  'get(){constaddrs=proxyAddr.all(this.raw,proxyFn)returnaddrs[addrs.length-1]}',
]);

/**
 * Remembers which address a platform found behind an `x-forwarded-for`: to walk the header and test
 * each hop against the trusted networks costs more than all else that is recorded of a request.
 */
export class ForwardedAddresses {
  private recent = new Map<string, string>();
  private older = new Map<string, string>();
  private recentSince = 0;
  private prototype: object | null = null;
  private prototypeIsKnown = false;

  /**
   * What names the answer of `request.ip`; undefined where it may follow from something else too,
   * such as a header that the host reads in a getter of its own.
   */
  keyOf(
    request: HostRequest,
    socketAddress: string | undefined,
    header: string | string[] | undefined,
  ): string | undefined {
    return socketAddress !== undefined &&
      typeof header === 'string' &&
      header.length <= LONGEST_HEADER &&
      !Object.hasOwn(request, 'ip') &&
      this.isKnown(Object.getPrototypeOf(request))
      ? `${socketAddress} ${header}`
      : undefined;
  }

  get(key: string, now: number): string | undefined {
    if (now - this.recentSince > LIFETIME_MS) {
      this.startAnew(now);
    }
    return this.recent.get(key) ?? this.older.get(key);
  }

  set(key: string, address: string, now: number): void {
    if (this.recent.size >= MOST_ADDRESSES) {
      this.startAnew(now);
    }
    this.recent.set(key, address);
  }

  private startAnew(now: number): void {
    // After a long silence both maps are out of date.
    this.older =
      now - this.recentSince > 2 * LIFETIME_MS ? new Map() : this.recent;
    this.recent = new Map();
    this.recentSince = now;
  }

  /** Nearly all requests of an app have the same prototype, so that one answer is enough. */
  private isKnown(prototype: object | null): boolean {
    if (prototype !== this.prototype) {
      this.prototype = prototype;
      this.prototypeIsKnown = inheritsPlatformGetter(prototype);
    }
    return this.prototypeIsKnown;
  }
}

function inheritsPlatformGetter(prototype: object | null): boolean {
  for (
    let owner = prototype;
    owner !== null;
    owner = Object.getPrototypeOf(owner)
  ) {
    const property: { get?: unknown } | undefined =
      Object.getOwnPropertyDescriptor(owner, 'ip');
    if (property !== undefined) {
      return PLATFORM_GETTERS.has(String(property.get).replaceAll(/\s/g, ''));
    }
  }
  return false;
}
