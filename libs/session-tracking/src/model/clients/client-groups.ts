import type { Client, ClientReference } from './client-identity.js';
import type { Exchange } from '../records/exchange.js';

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
  const groups: ClientGroup[] = [];
  const users = new Map<string, ClientGroup>();
  const addresses = new Map<string, ClientGroup>();
  exchanges.forEach((exchange, position) => {
    const { client, sampling } = exchange;
    if (sampling === 'left_out') {
      return;
    }
    // Not by one name for both, which would have to be put together for each exchange.
    const isUser = client.userId !== '';
    const known = isUser ? users : addresses;
    const key = isUser ? client.userId : client.ip;
    const group = known.get(key);
    if (group === undefined) {
      const begun = { client, exchanges: [exchange], positions: [position] };
      groups.push(begun);
      known.set(key, begun);
    } else {
      group.exchanges.push(exchange);
      group.positions.push(position);
    }
  });
  return groups;
}
