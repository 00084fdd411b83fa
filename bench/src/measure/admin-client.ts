import type { Subjects } from './questions.js';

const SUBJECTS = 50;

export interface Answer {
  /** From asking to the last byte. */
  milliseconds: number;
  bytes: number;
}

/** Somebody who asks the admin API, one question at a time. */
export class AdminClient {
  private readonly base: string;

  constructor(port: number) {
    this.base = `http://127.0.0.1:${port}/api/admin/analytics`;
  }

  async ask(path: string): Promise<Answer> {
    const askedAt = performance.now();
    const body = await this.read(path);
    return {
      milliseconds: performance.now() - askedAt,
      bytes: body.byteLength,
    };
  }

  /** Some sessions, and a request of each. */
  async findSubjects(): Promise<Subjects> {
    const { sessions } = await this.readJson<{
      sessions: { session_id: string }[];
    }>(`sessions?limit=${SUBJECTS}`);
    const sessionIds = sessions.map(({ session_id }) => session_id);
    const requestIds: string[] = [];
    for (const id of sessionIds) {
      const { requests } = await this.readJson<{
        requests: { request_id: string }[];
      }>(`sessions/${id}/history`);
      requestIds.push(...requests.slice(-1).map((each) => each.request_id));
    }
    return { sessionIds, requestIds };
  }

  private async readJson<T>(path: string): Promise<T> {
    const body = Buffer.from(await this.read(path));
    return JSON.parse(body.toString()) as T;
  }

  private async read(path: string): Promise<ArrayBuffer> {
    const response = await fetch(`${this.base}/${path}`);
    const body = await response.arrayBuffer();
    if (!response.ok) {
      const text = Buffer.from(body).toString();
      throw new Error(`${path} was answered ${response.status}: ${text}`);
    }
    return body;
  }
}
