import type { Redis } from 'ioredis';
import { RedisConnectionError } from '../../../errors/redis-connection.error.js';
import { StoreUnavailableError } from '../../../errors/store-unavailable.error.js';
import {
  afterLastReading,
  answerWithin,
  NoAnswerError,
} from './answer-within.js';
import {
  connectLimitMs,
  createClient,
  type RedisSource,
} from './create-client.js';
import {
  isOfCluster,
  isRefusedAsReplica,
  isRefusedByClient,
  isRefusedSelect,
  isRefusedWhole,
  isUnsent,
} from './redis-errors.js';
import { whenReady } from './when-ready.js';

/** What a connection is for. */
export type ConnectionUse = 'writer' | 'reader';

/**
 * The two connections of a store, always its own: what is read never delays what is written, the
 * host's client is never blocked by us, and the host may close its own whenever it likes.
 */
export class RedisConnections {
  private connections: Record<ConnectionUse, Redis> | undefined;
  /** Why each connection broke last: ioredis tells it in an event, not where a command fails. */
  private readonly faults = new Map<ConnectionUse, Error>();
  /** Connections that are being replaced: to give one up once is enough, however many commands fail. */
  private readonly givenUp = new Set<ConnectionUse>();
  private opening: Promise<void> | undefined;
  private readonly writerListeners: (() => void)[] = [];

  constructor(
    private readonly findSource: () => Promise<RedisSource>,
    /** Time limit of a command, in milliseconds. */
    private readonly timeouts: Readonly<Record<ConnectionUse, number>>,
  ) {}

  /** @throws RedisConnectionError when there is no source */
  open(): Promise<void> {
    this.opening ??= this.connect();
    return this.opening;
  }

  /**
   * Asks Redis something on one of the connections.
   *
   * @throws StoreUnavailableError when it cannot be reached, or refuses
   */
  async ask<T>(
    use: ConnectionUse,
    operation: string,
    question: (redis: Redis) => Promise<T>,
  ): Promise<T> {
    try {
      const redis = await this.ready(use);
      return await answerWithin(this.timeouts[use], question(redis));
    } catch (cause) {
      throw new StoreUnavailableError(
        operation,
        this.explainFailure(use, cause),
        !(isUnsent(cause) || isRefusedWhole(cause)),
      );
    }
  }

  /** Calls back whenever the connection that writes can be used, from now on. */
  onWriterReady(listener: () => void): void {
    this.writerListeners.push(listener);
  }

  /**
   * A connection that only listens: it waits for as long as it must and comes back by itself. Whoever
   * asked for it closes it.
   */
  async openSubscriber(): Promise<Redis> {
    const limitMs = this.timeouts.reader;
    const redis = createClient(await this.findSource(), limitMs, {
      commandTimeout: limitMs,
    });
    redis.on('error', () => undefined);
    await whenReady(redis, limitMs);
    return redis;
  }

  close(): void {
    this.connections?.writer.disconnect();
    this.connections?.reader.disconnect();
    this.connections = undefined;
  }

  private async connect(): Promise<void> {
    const source = await this.findSource();
    this.connections = {
      writer: this.createConnection(source, 'writer'),
      reader: this.createConnection(source, 'reader'),
    };
  }

  /** A connection, after waiting for one that is being opened; one that is down fails at once. */
  private async ready(use: ConnectionUse): Promise<Redis> {
    await this.open();
    const redis = this.connections?.[use];
    if (redis === undefined) {
      throw closed();
    }
    await whenReady(redis, this.timeouts[use]);
    return redis;
  }

  /**
   * Why a command failed, in the operator's words.
   *
   * A command that was not answered in time may still be: on a new connection the next answer belongs
   * to the next command for certain. Nor does a master that became a replica take anything again: the
   * address may lead to another server by now.
   */
  private explainFailure(use: ConnectionUse, error: unknown): unknown {
    if (error instanceof NoAnswerError || isRefusedAsReplica(error)) {
      this.replace(use);
      return error;
    }
    if (isOfCluster(error)) {
      return ofCluster(error);
    }
    return isRefusedByClient(error)
      ? (this.faults.get(use) ?? closed())
      : error;
  }

  private replace(use: ConnectionUse): void {
    if (!this.givenUp.has(use)) {
      this.givenUp.add(use);
      this.connections?.[use].disconnect(true);
    }
  }

  private createConnection(source: RedisSource, use: ConnectionUse): Redis {
    // Of a host's client too: commands have our own limit.
    const redis = createClient(source, this.timeouts[use], {
      commandTimeout: undefined,
    });
    // Without a listener an error event would end the process.
    redis.on('error', (error: Error) => {
      // What ioredis says of a connection that is given up tells nothing.
      if (!isRefusedByClient(error)) {
        this.faults.set(use, error);
      }
      // ioredis would go on, in another database.
      if (isRefusedSelect(error)) {
        this.replace(use);
      }
    });
    redis.on('connect', () => this.expectReady(redis, use));
    redis.on('ready', () => {
      this.faults.delete(use);
      if (use === 'writer') {
        this.writerListeners.forEach((listener) => listener());
      }
    });
    redis.on('close', () => this.givenUp.delete(use));
    return redis;
  }

  /** Gives up a connection on which a server says nothing. */
  private expectReady(redis: Redis, use: ConnectionUse): void {
    const settle = (): void => {
      callOff();
      redis.off('ready', settle);
      redis.off('close', settle);
    };
    const limitMs = connectLimitMs(this.timeouts[use]);
    const callOff = afterLastReading(limitMs, () => {
      this.faults.set(use, silent(redis, limitMs));
      this.replace(use);
    });
    redis.once('ready', settle);
    redis.once('close', settle);
  }
}

function closed(): Error {
  return new RedisConnectionError('The connection to Redis is closed.');
}

function ofCluster(cause: unknown): Error {
  return new RedisConnectionError(
    'The server is a node of a Redis Cluster, which this version does not support; give the option redis a standalone Redis or one behind Sentinel.',
    { cause },
  );
}

function silent({ options }: Redis, limitMs: number): Error {
  const question =
    options.tls === undefined
      ? 'does it want TLS (rediss://)?'
      : 'does it want a connection without TLS (redis://)?';
  return new RedisConnectionError(
    `The server accepts connections, but did not answer within ${limitMs} ms; ${question}`,
  );
}
