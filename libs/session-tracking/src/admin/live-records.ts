import { Readable, type Writable } from 'node:stream';
import {
  type BeforeApplicationShutdown,
  ServiceUnavailableException,
} from '@nestjs/common';
import type { TrackedRecord } from '../model/records/records.js';
import type { SessionStore, Unsubscribe } from '../store/session-store.js';
import type { Clock, Timer } from '../tracking/clock.js';
import { within } from '../tracking/within.js';
import { LiveFilter, type LiveSelection } from './live-filter.js';

/** Most listeners of one instance. */
export const MAX_LISTENERS = 20;

/** Most bytes kept for a listener that reads more slowly than records come. */
export const MAX_WAITING_BYTES = 1024 * 1024;

/** A sign of life, so that nothing between takes a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000;

/** After what time a listener whose connection broke comes back. */
const RETRY_MS = 3000;

/** How long a shutdown waits for listeners to take what is on its way, in milliseconds. */
const LAST_EVENTS_MS = 500;

interface Listener {
  readonly filter: LiveFilter;
  readonly events: Readable;
  readonly response: Writable;
}

/**
 * Shows records to listeners as any instance stores them. All listeners share one subscription of the
 * store; without a listener there is none.
 */
export class LiveRecords implements BeforeApplicationShutdown {
  private readonly listeners = new Set<Listener>();
  private subscription: Promise<Unsubscribe> | undefined;
  private heartbeat: Timer | undefined;
  private closing = false;

  constructor(
    private readonly store: Pick<SessionStore, 'subscribe'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens a stream of server-sent events, which ends with the response that it is written to.
   *
   * @throws ServiceUnavailableException when there are too many listeners
   * @throws StoreUnavailableError when the store cannot be listened to
   */
  async open(selection: LiveSelection, response: Writable): Promise<Readable> {
    if (this.closing || this.listeners.size >= MAX_LISTENERS) {
      throw new ServiceUnavailableException(
        this.closing
          ? 'This instance is shutting down'
          : `This instance has ${MAX_LISTENERS} live listeners already`,
      );
    }
    const listener: Listener = {
      filter: new LiveFilter(selection),
      events: new Readable({ read: () => undefined }),
      response,
    };
    this.join(listener);
    response.once('close', () => this.leave(listener));
    try {
      await this.subscribe();
    } catch (error) {
      this.leave(listener);
      throw error;
    }
    if (response.destroyed) {
      this.leave(listener);
    }
    listener.events.push(`retry: ${RETRY_MS}\n\n`);
    return listener.events;
  }

  /** An open stream would hold the server, and with it the shutdown, for as long as anybody listens. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    const listeners = [...this.listeners];
    const closed = listeners.map(
      ({ response }) =>
        new Promise((resolve) => {
          response.once('close', resolve);
        }),
    );
    for (const { events } of listeners) {
      events.push(null);
    }
    const left = Promise.all(closed).then(() => true);
    await within(this.clock, LAST_EVENTS_MS, left);
    for (const { response } of listeners) {
      response.destroy();
    }
  }

  private join(listener: Listener): void {
    this.listeners.add(listener);
    this.heartbeat ??= this.scheduleHeartbeat();
  }

  private leave(listener: Listener): void {
    listener.events.destroy();
    this.listeners.delete(listener);
    if (this.listeners.size === 0) {
      this.heartbeat?.cancel();
      this.heartbeat = undefined;
      const subscription = this.subscription;
      this.subscription = undefined;
      // Where there is nothing to end, or no store to end it at, nothing is left to do.
      subscription?.then((unsubscribe) => unsubscribe()).catch(() => undefined);
    }
  }

  private async subscribe(): Promise<void> {
    const subscription = (this.subscription ??= this.store.subscribe(
      (records) => this.publish(records),
    ));
    try {
      await subscription;
    } catch (error) {
      if (this.subscription === subscription) {
        this.subscription = undefined;
      }
      throw error;
    }
  }

  private publish(records: readonly TrackedRecord[]): void {
    const events = new Map<TrackedRecord, string>();
    for (const listener of this.listeners) {
      const text = records
        .filter((record) => listener.filter.accepts(record))
        .map((record) => {
          const event = events.get(record) ?? toEvent(record);
          events.set(record, event);
          return event;
        })
        .join('');
      this.send(listener, text);
    }
  }

  private send({ events, response }: Listener, text: string): void {
    if (text === '' || events.destroyed || events.readableEnded) {
      return;
    }
    events.push(text);
    if (events.readableLength > MAX_WAITING_BYTES) {
      // Its listener has stopped reading: it is cut off before it costs more memory.
      response.destroy();
    }
  }

  private scheduleHeartbeat(): Timer {
    return this.clock.schedule(() => {
      for (const listener of this.listeners) {
        this.send(listener, ':\n\n');
      }
      this.heartbeat = this.scheduleHeartbeat();
    }, HEARTBEAT_MS);
  }
}

function toEvent(record: TrackedRecord): string {
  return `event: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`;
}
