import { countRecords, type Exchange } from '../model/records/exchange.js';

/** An exchange that waits to be stored. */
export interface QueuedExchange extends Exchange {
  readonly partition: number;
  /** Which of all that were ever queued it is; given when it is queued. */
  position?: number;
  /** Called once with what became of it; only where somebody waits for that. */
  readonly settle?: (outcome: QueueOutcome) => void;
}

/** The session id of a stored exchange, or the error that says why it was given up. */
export type QueueOutcome = { sessionId: string } | { error: Error };

/** Memory of an exchange beside its texts: three objects, numbers and pointers. */
const FIXED_BYTES = 360;

/** Estimated memory of an exchange in bytes. */
export function estimateBytes({ client, request, response }: Exchange): number {
  let bytes = FIXED_BYTES + client.userId.length + client.ip.length;
  if (request !== undefined) {
    bytes += request.path.length + request.request_id.length;
    bytes += request.query?.length ?? 0;
    bytes += request.route?.length ?? 0;
    bytes += request.graphql_operation?.length ?? 0;
  }
  if (response !== undefined) {
    bytes += response.handler?.length ?? 0;
    bytes += response.error?.length ?? 0;
    bytes += response.error_message?.length ?? 0;
  }
  return bytes;
}

/** First in, first out; knows how many records and bytes it holds. */
export class RecordQueue {
  private items: QueuedExchange[] = [];
  private head = 0;
  private recordCount = 0;
  private byteCount = 0;

  get records(): number {
    return this.recordCount;
  }

  get bytes(): number {
    return this.byteCount;
  }

  get isEmpty(): boolean {
    return this.head === this.items.length;
  }

  some(isWanted: (exchange: QueuedExchange) => boolean): boolean {
    return this.items.slice(this.head).some(isWanted);
  }

  push(exchange: QueuedExchange): void {
    this.items.push(exchange);
    this.recordCount += countRecords(exchange);
    this.byteCount += estimateBytes(exchange);
  }

  /** Puts back what was taken, in front of what came later. */
  putBack(exchanges: readonly QueuedExchange[]): void {
    this.items = exchanges.concat(this.items.slice(this.head));
    this.head = 0;
    for (const exchange of exchanges) {
      this.recordCount += countRecords(exchange);
      this.byteCount += estimateBytes(exchange);
    }
  }

  shift(): QueuedExchange | undefined {
    const exchange = this.items[this.head];
    if (exchange === undefined) {
      return undefined;
    }
    this.head += 1;
    this.recordCount -= countRecords(exchange);
    this.byteCount -= estimateBytes(exchange);
    this.compact();
    return exchange;
  }

  /** Takes exchanges from the front until they hold at least `records` records. */
  take(records: number): QueuedExchange[] {
    const taken: QueuedExchange[] = [];
    let count = 0;
    while (count < records) {
      const exchange = this.shift();
      if (exchange === undefined) {
        break;
      }
      taken.push(exchange);
      count += countRecords(exchange);
    }
    return taken;
  }

  /** The emptied front is cut off only when it is the larger part, so that taking stays cheap. */
  private compact(): void {
    if (this.head === this.items.length) {
      this.items = [];
      this.head = 0;
    } else if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
  }
}
