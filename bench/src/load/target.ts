import { setTimeout as wait } from 'node:timers/promises';
import { Connection } from './connection.js';
import { type ClientRange, RequestRotation } from './request-rotation.js';
import { type Outcome, Tally } from './tally.js';

const CONNECTIONS = 64;

/** One app under load: its connections stay open, and its clients go on in their rotation. */
export class Target {
  /** First in, first out: a server hangs up on a connection that is never used. */
  private readonly idle: Connection[] = [];
  private tally = new Tally();
  private waiting = 0;
  private inFlight = 0;

  private constructor(private readonly rotation: RequestRotation) {}

  static async open(port: number, clients: ClientRange): Promise<Target> {
    const target = new Target(new RequestRotation(clients));
    for (let opened = 0; opened < CONNECTIONS; opened += 1) {
      target.idle.push(
        await Connection.open(port, (connection, status) =>
          target.answered(connection, status),
        ),
      );
    }
    return target;
  }

  /** Every connection sends its next request as soon as it has an answer, for a time. */
  async saturate(seconds: number): Promise<Outcome> {
    this.tally = new Tally();
    this.waiting = Number.POSITIVE_INFINITY;
    this.sendWaiting();
    await wait(seconds * 1000);
    return this.finish();
  }

  /** Like `saturate`, for a number of requests. */
  async send(requests: number): Promise<Outcome> {
    this.tally = new Tally();
    this.waiting = requests;
    this.sendWaiting();
    while (this.waiting > 0) {
      await wait(5);
    }
    return this.finish();
  }

  /** So many requests a second, however long the answers take, until the signal says stop. */
  async pace(perSecond: number, until: AbortSignal): Promise<Outcome> {
    this.tally = new Tally();
    const startedAt = performance.now();
    let due = 0;
    while (!until.aborted) {
      await wait(1);
      const elapsed = (performance.now() - startedAt) / 1000;
      const dueNow = Math.floor(elapsed * perSecond);
      this.waiting += dueNow - due;
      due = dueNow;
      this.sendWaiting();
    }
    return this.finish();
  }

  /** Waits for the answers that are still to come. */
  private async finish(): Promise<Outcome> {
    this.waiting = 0;
    while (this.inFlight > 0) {
      await wait(1);
    }
    return this.tally.outcome();
  }

  private sendWaiting(): void {
    while (this.waiting > 0) {
      const connection = this.idle.shift();
      if (connection === undefined) {
        return;
      }
      this.sendOn(connection);
    }
  }

  private sendOn(connection: Connection): void {
    this.waiting -= 1;
    this.inFlight += 1;
    connection.send(this.rotation.next());
  }

  private answered(connection: Connection, status: number | undefined): void {
    this.inFlight -= 1;
    this.tally.add(status, connection.sentAt);
    if (status === undefined) {
      return;
    }
    if (this.waiting > 0) {
      this.sendOn(connection);
    } else {
      this.idle.push(connection);
    }
  }
}
