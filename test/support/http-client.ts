import { Agent, type Dispatcher, request } from 'undici';

/** What a client of the test app got. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** From before the request was sent until the last byte had arrived, in milliseconds. */
  readonly elapsedMs: number;
}

export interface SendOptions {
  headers?: Record<string, string>;
  /** Sent as it is when it is a text, else as JSON. */
  body?: unknown;
}

/** A real HTTP client with connections of its own. */
export class HttpClient {
  private readonly agent = new Agent();

  constructor(readonly url: string) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('GET', path, { headers });
  }

  post(path: string, body: unknown = {}): Promise<Answer> {
    return this.send('POST', path, { body });
  }

  async send(
    method: Dispatcher.HttpMethod,
    path: string,
    { headers = {}, body }: SendOptions = {},
  ): Promise<Answer> {
    const startedAt = performance.now();
    const response = await request(new URL(this.url).origin + path, {
      method,
      dispatcher: this.agent,
      headers:
        body === undefined
          ? headers
          : { 'content-type': 'application/json', ...headers },
      body:
        body === undefined || typeof body === 'string'
          ? (body ?? null)
          : JSON.stringify(body),
    });
    const text = await response.body.text();
    return {
      status: response.statusCode,
      headers: response.headers,
      text,
      elapsedMs: performance.now() - startedAt,
    };
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}
