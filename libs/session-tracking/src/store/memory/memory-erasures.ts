import { ownerOf, sessionOwner } from '../../model/clients/client-groups.js';
import { arrivalOf, type Exchange } from '../../model/records/exchange.js';
import { ExpiringMap } from './expiring-map.js';

/** Most clients whose erasure is remembered. */
const MAX_ERASURES = 10_000;

/** Longer than any record waits on its way. */
const ERASURE_TTL_SECONDS = 86_400;

/** Remembers who was erased and when, so that what was on its way does not bring a client back. */
export class MemoryErasures {
  /** Unix time in seconds of the erasure, by session owner. */
  private readonly erasedAt: ExpiringMap<number>;

  constructor(private readonly now: () => number) {
    this.erasedAt = new ExpiringMap(MAX_ERASURES, now);
  }

  add(owner: string): void {
    this.erasedAt.set(owner, this.now(), ERASURE_TTL_SECONDS);
  }

  /** Whether an exchange arrived before its client was erased. */
  covers(exchange: Exchange): boolean {
    const { client } = exchange;
    const arrival = arrivalOf(exchange);
    return (
      this.isErased(sessionOwner(client), arrival) ||
      (client.formerIp !== undefined &&
        this.isErased(ownerOf({ ip: client.formerIp }), arrival))
    );
  }

  /** Whether an exchange arrived before the address that it came from was erased. */
  coversAddress(exchange: Exchange): boolean {
    return this.isErased(
      ownerOf({ ip: exchange.client.ip }),
      arrivalOf(exchange),
    );
  }

  private isErased(owner: string, arrival: number): boolean {
    const erasedAt = this.erasedAt.get(owner);
    return erasedAt !== undefined && arrival <= erasedAt;
  }
}
