import type { Redis } from 'ioredis';
import { StoreUnavailableError } from '../../errors/store-unavailable.error.js';
import type { RecordListener, Unsubscribe } from '../session-store.js';
import { parseRecords } from './reading/record-json.js';
import type { RedisConnections } from './connection/redis-connections.js';
import type { TrackedRecord } from '../../model/records/records.js';

/** How long a subscription that failed waits for another attempt, in milliseconds. */
const RETRY_MS = 1000;

/**
 * What scripts/append-batch.lua tells on the channel as it stores. The connection exists only while
 * somebody listens, and so does the subscription that makes the script tell anything.
 */
export class RedisRecordFeed {
  private readonly listeners = new Set<RecordListener>();
  private subscriber: Promise<Redis> | undefined;

  constructor(
    private readonly connections: RedisConnections,
    private readonly channel: string,
  ) {}

  /** @throws StoreUnavailableError when Redis cannot be reached */
  async subscribe(listener: RecordListener): Promise<Unsubscribe> {
    // Each subscription is one of its own, also where the same function listens twice.
    const own: RecordListener = (records) => listener(records);
    this.listeners.add(own);
    try {
      this.subscriber ??= this.connect();
      await this.subscriber;
    } catch (cause) {
      await this.remove(own);
      throw new StoreUnavailableError('follow the records', cause);
    }
    return () => this.remove(own);
  }

  close(): void {
    this.listeners.clear();
    this.disconnect();
  }

  private async connect(): Promise<Redis> {
    const redis = await this.connections.openSubscriber();
    redis.on('message', (_channel, message) => this.tell(message));
    try {
      await redis.subscribe(this.channel);
    } catch (error) {
      redis.disconnect();
      throw error;
    }
    redis.on('ready', () => this.subscribeAgain(redis));
    return redis;
  }

  /** On the new connection, when an earlier one was lost. */
  private subscribeAgain(redis: Redis): void {
    redis.subscribe(this.channel).catch(() => {
      // Refused, or not answered: on yet another connection, unless there is one by then.
      const retry = setTimeout(() => {
        if (redis.status === 'ready') {
          redis.disconnect(true);
        }
      }, RETRY_MS).unref();
      redis.once('ready', () => clearTimeout(retry));
    });
  }

  private tell(message: string): void {
    const records = parseRecords<TrackedRecord>(message.split('\n'));
    for (const listener of this.listeners) {
      try {
        listener(records);
      } catch {
        // A listener that fails must not keep the records from the others.
      }
    }
  }

  private remove(listener: RecordListener): Promise<void> {
    this.listeners.delete(listener);
    if (this.listeners.size === 0) {
      this.disconnect();
    }
    return Promise.resolve();
  }

  private disconnect(): void {
    // Where connecting failed, whoever waited for it has heard so.
    this.subscriber?.then(
      (redis) => redis.disconnect(),
      () => undefined,
    );
    this.subscriber = undefined;
  }
}
