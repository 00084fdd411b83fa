import type { Client, ClientReference } from './client-identity.js';
import type { Exchange } from './exchange.js';

/** The exchanges of one client within a batch. */
export interface ClientGroup {
  readonly client: Client;
  readonly exchanges: Exchange[];
  /** Where each exchange stands in the batch. */
  readonly positions: number[];
}

/** The name under which a client's session is kept: user ids and addresses never meet. */
export function sessionOwner(client: Client): string {
  return client.userId === '' ? `ip:${client.ip}` : `user:${client.userId}`;
}

/** The same for a client that is looked up. */
export function ownerOf({ userId, ip }: ClientReference): string {
  return sessionOwner({ userId: userId ?? '', ip: ip ?? '' });
}

/**
 * Groups exchanges by the client whose session they belong to; both orders stay. What sampling left
 * out is in no group.
 */
export function groupByClient(exchanges: readonly Exchange[]): ClientGroup[] {
  const groups = new Map<string, ClientGroup>();
  exchanges.forEach((exchange, position) => {
    if (exchange.sampling === 'left_out') {
      return;
    }
    const owner = sessionOwner(exchange.client);
    const group = groups.get(owner);
    if (group === undefined) {
      groups.set(owner, {
        client: exchange.client,
        exchanges: [exchange],
        positions: [position],
      });
    } else {
      group.exchanges.push(exchange);
      group.positions.push(position);
    }
  });
  return [...groups.values()];
}
