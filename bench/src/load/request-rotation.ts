import { addressOf, CLIENT_COUNT, cookieOf } from './clients.js';

/** One request in eleven is a POST: no divisor of the number of clients, so that all send some. */
const POST_EVERY = 11;

/** Which clients send, by their numbers. */
export interface ClientRange {
  first: number;
  count: number;
}

export const ALL_CLIENTS: ClientRange = { first: 0, count: CLIENT_COUNT };

/** The requests of many clients, each client in its turn; written once, before they are needed. */
export class RequestRotation {
  private readonly gets: Buffer[];
  private readonly posts: Buffer[];
  private sent = 0;

  constructor({ first, count }: ClientRange) {
    const clients = Array.from({ length: count }, (_, index) => first + index);
    this.gets = clients.map((client) =>
      write(client, `GET /api/products/${client}`),
    );
    this.posts = clients.map((client) =>
      write(client, 'POST /api/products', `{"name":"Product ${client}"}`),
    );
  }

  next(): Buffer {
    const index = this.sent % this.gets.length;
    const requests =
      this.sent % POST_EVERY === POST_EVERY - 1 ? this.posts : this.gets;
    this.sent += 1;
    const request = requests[index];
    if (request === undefined) {
      throw new RangeError('A rotation needs at least one client.');
    }
    return request;
  }
}

function write(client: number, target: string, body = ''): Buffer {
  const lines = [
    `${target} HTTP/1.1`,
    'host: localhost',
    'accept: application/json',
    'user-agent: bench',
    `x-forwarded-for: ${addressOf(client)}`,
    `cookie: ${cookieOf(client)}`,
  ];
  if (body !== '') {
    lines.push(
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
    );
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
