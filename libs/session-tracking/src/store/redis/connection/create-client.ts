import { Redis, type RedisOptions } from 'ioredis';

/** Longest wait between two attempts to connect, and to ask a server that is loading, in milliseconds. */
const LONGEST_RECONNECT_MS = 500;

/** An address, or a client of the host whose settings are taken over. */
export type RedisSource = string | Redis;

/** A connection that is made when it is asked for first. */
export function createClient(
  source: RedisSource,
  timeoutMs: number,
  { commandTimeout }: Pick<RedisOptions, 'commandTimeout'>,
): Redis {
  const options = {
    // A command is answered, refused at once or given up: nothing waits inside the client, and
    // nothing is sent a second time behind the store's back.
    commandTimeout,
    connectTimeout: connectLimitMs(timeoutMs),
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    // It would do so where nobody can catch that it failed.
    autoResubscribe: false,
    // How long a connection that is given up may take to close: the default is longer than our own
    // longest wait.
    disconnectTimeout: 100,
    maxLoadingRetryTime: LONGEST_RECONNECT_MS,
    retryStrategy: reconnectDelayMs,
    // A Sentinel that says nothing is passed over, and all are asked again for as long as it takes.
    sentinelCommandTimeout: connectLimitMs(timeoutMs),
    sentinelRetryStrategy: reconnectDelayMs,
    // The host's idea of it would see our scripts' errors, some of which are how a script is loaded.
    reconnectOnError: null,
    lazyConnect: true,
    // Keys are the contract with other readers: a prefix of the host's client must not change them.
    keyPrefix: '',
  } satisfies RedisOptions;
  return typeof source === 'string'
    ? new Redis(source, options)
    : source.duplicate(options);
}

function reconnectDelayMs(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 8), LONGEST_RECONNECT_MS);
}

/** How long each half of connecting may take: to reach the server, and to agree with it on the rest. */
export function connectLimitMs(timeoutMs: number): number {
  return Math.max(timeoutMs, 1000);
}
