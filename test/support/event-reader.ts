import { type IncomingMessage, request } from 'node:http';
import { vi } from 'vitest';

/** One server-sent event. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Opens a stream of server-sent events and keeps what comes. */
export function openEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent: false, headers });
    outgoing.once('response', (response) => resolve(new EventReader(response)));
    outgoing.once('error', reject);
    outgoing.end();
  });
}

/** A client of a stream that a test can leave at any time. */
export class EventReader {
  readonly events: ServerSentEvent[] = [];
  /** How long the server wants clients to wait before they come back, in milliseconds. */
  retry: number | undefined;
  /** How the stream ended: as the server wished, or cut off. */
  end: 'open' | 'ended' | 'cut off' = 'open';

  constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    let text = '';
    response.on('data', (chunk: string) => {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        this.take(block);
      }
    });
    response.on('error', () => undefined);
    response.once('close', () => {
      this.end = response.complete ? 'ended' : 'cut off';
    });
  }

  get status(): number | undefined {
    return this.response.statusCode;
  }

  get headers(): IncomingMessage['headers'] {
    return this.response.headers;
  }

  /** Waits until so many events have come. */
  async received(count: number): Promise<ServerSentEvent[]> {
    await vi.waitFor(
      () => {
        if (this.events.length < count) {
          throw new Error(`${this.events.length} events instead of ${count}.`);
        }
      },
      { timeout: 5000, interval: 5 },
    );
    return this.events;
  }

  /** Waits until the server has ended the stream. */
  async ended(): Promise<void> {
    await vi.waitFor(
      () => {
        if (this.end === 'open') {
          throw new Error('The stream is open still.');
        }
      },
      { timeout: 10_000, interval: 5 },
    );
  }

  /** Stops reading, as a client does that is stuck. */
  stall(): void {
    this.response.pause();
  }

  /** Reads on. */
  resume(): void {
    this.response.resume();
  }

  leave(): void {
    this.response.destroy();
  }

  private take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    if (fields.has('event')) {
      this.events.push({
        event: fields.get('event') ?? '',
        data: fields.get('data') ?? '',
      });
    }
    if (fields.has('retry')) {
      this.retry = Number(fields.get('retry'));
    }
  }
}
