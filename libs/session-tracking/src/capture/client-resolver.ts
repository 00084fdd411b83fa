import { normalizeAddress, UNKNOWN_ADDRESS } from '../model/clients/address.js';
import type { AddressAnonymizer } from '../model/clients/address-anonymizer.js';
import {
  anonymizedClient,
  type Client,
  toStoredUserId,
} from '../model/clients/client-identity.js';
import { silencePromise } from '../model/thenable.js';
import { findUserId } from '../model/clients/user-of-request.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { HostRequest } from '../options/session-tracking-options.js';
import type { HttpExchange } from './http-exchange.js';

/** Finds out who sent a request, with callbacks of the host that may throw or answer anything. */
export class ClientResolver {
  constructor(
    private readonly options: Pick<
      ResolvedOptions,
      'identifyUser' | 'clientIp'
    >,
    private readonly addresses: AddressAnonymizer,
    private readonly countCallbackError: () => void,
  ) {}

  resolve(exchange: HttpExchange): Client {
    return anonymizedClient(
      this.userId(exchange),
      this.address(exchange),
      this.addresses,
    );
  }

  private userId(exchange: HttpExchange): string {
    const { identifyUser } = this.options;
    try {
      const id: unknown =
        identifyUser === undefined
          ? defaultUserId(exchange)
          : identifyUser(exchange.hostRequest);
      if (typeof id === 'string') {
        return toStoredUserId(id);
      }
      if (Number.isFinite(id) || typeof id === 'bigint') {
        // A long bigint is no shorter than any other id.
        return toStoredUserId(String(id));
      }
      // A conversion that failed would otherwise make all clients one user, `NaN`.
      if (typeof id === 'number' || silencePromise(id, () => undefined)) {
        this.countCallbackError();
      }
      return '';
    } catch {
      this.countCallbackError();
      return '';
    }
  }

  /** The whole address, which goes no further than here. */
  private address(exchange: HttpExchange): string {
    const { clientIp } = this.options;
    try {
      const ip: unknown =
        clientIp === undefined
          ? exchange.hostRequest.ip
          : clientIp(exchange.hostRequest);
      const address = typeof ip === 'string' ? normalizeAddress(ip) : undefined;
      if (address !== undefined) {
        return address;
      }
      if (silencePromise(ip, () => undefined)) {
        this.countCallbackError();
      }
    } catch {
      this.countCallbackError();
    }
    return normalizeAddress(exchange.socketAddress) ?? UNKNOWN_ADDRESS;
  }
}

/** On Fastify a guard sets the user on the platform's request, middleware on the raw one. */
function defaultUserId({ hostRequest, raw }: HttpExchange): unknown {
  const user: HostRequest =
    hostRequest.user ?? ('user' in raw ? raw.user : undefined);
  return findUserId(user);
}
