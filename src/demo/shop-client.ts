import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { outcomeOf, type Tally } from './tally.js';

interface ShopClientOptions {
  baseUrl: string;
  address: string;
  tally: Tally;
  over: AbortSignal;
}

/** One client of the shop: it has an address, perhaps a token, and needs time to think. */
export class ShopClient {
  private readonly baseUrl: string;
  private readonly tally: Tally;
  private readonly over: AbortSignal;
  private address: string;
  private token: string | undefined;

  constructor({ baseUrl, address, tally, over }: ShopClientOptions) {
    this.baseUrl = baseUrl;
    this.address = address;
    this.tally = tally;
    this.over = over;
  }

  /** All clients of the demo run on one machine: this is the address that they claim (see configureApp). */
  moveTo(address: string): void {
    this.address = address;
  }

  /** Rejects when the demo is over, which ends the visit. */
  async think(minMs: number, maxMs: number): Promise<void> {
    await wait(randomInt(minMs, maxMs), undefined, { signal: this.over });
  }

  get(path: string): Promise<unknown> {
    return this.send('GET', path);
  }

  post(path: string, body: object): Promise<unknown> {
    return this.send('POST', path, { body });
  }

  put(path: string, body: object): Promise<unknown> {
    return this.send('PUT', path, { body });
  }

  delete(path: string): Promise<unknown> {
    return this.send('DELETE', path);
  }

  /** Asks, and hangs up before the answer comes. */
  async abandon(path: string, afterMs: number): Promise<void> {
    await this.send('GET', path, { patience: AbortSignal.timeout(afterMs) });
  }

  async signIn(username: string, password: string): Promise<void> {
    this.token = undefined;
    const answer = await this.post('/api/auth/login', { username, password });
    if (hasToken(answer)) {
      this.token = answer.access_token;
    }
  }

  private async send(
    method: string,
    path: string,
    { body, patience }: { body?: object; patience?: AbortSignal } = {},
  ): Promise<unknown> {
    try {
      const response = await fetch(this.baseUrl + path, {
        method,
        headers: {
          'x-forwarded-for': this.address,
          ...(this.token && { authorization: `Bearer ${this.token}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        body: body ? JSON.stringify(body) : null,
        signal: patience ?? null,
      });
      const text = await response.text();
      this.tally.add(outcomeOf(response.status));
      return parseJson(text);
    } catch {
      // Either this client hung up, or the shop did.
      this.tally.add(patience?.aborted ? 'aborted' : 'unanswered');
      return undefined;
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function hasToken(answer: unknown): answer is { access_token: string } {
  return (
    typeof answer === 'object' && answer !== null && 'access_token' in answer
  );
}
