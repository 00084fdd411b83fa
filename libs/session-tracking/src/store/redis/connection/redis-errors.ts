// What an error of ioredis says about what became of a command.

/** Whether Redis itself said it. By its name, because the host's client may come from another copy of ioredis. */
function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Whether the server is one of a cluster, which takes keys of its own slots alone, and in a script of a single one. */
export function isOfCluster(error: unknown): boolean {
  return (
    isReply(error) &&
    /^MOVED |^CROSSSLOT |non local key|hash to the same slot/.test(
      error.message,
    )
  );
}

/** Whether Redis does not let the connection have the database that it is for. */
export function isRefusedSelect(
  error: Error & { command?: { name?: unknown } },
): boolean {
  return isReply(error) && error.command?.name === 'select';
}

/**
 * Whether Redis refused before it did anything: for want of memory, as a replica, while loading. What
 * has the general code `ERR` may come from the middle of a script, which is not undone.
 */
export function isRefusedWhole(error: unknown): boolean {
  return isReply(error) && !error.message.startsWith('ERR ');
}

/** Whether the server only follows another one. Redis 6 says so in the middle of what it says of a script. */
export function isRefusedAsReplica(error: unknown): boolean {
  return isReply(error) && /(?:^|-)READONLY /.test(error.message);
}

/** Whether ioredis had no connection to send a command on. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.includes("isn't writeable");
}

/** Whether ioredis failed a command without Redis having said anything about it. */
export function isRefusedByClient(error: unknown): boolean {
  return (
    error instanceof Error &&
    /Stream isn't writeable|max retries per request|Connection is closed/.test(
      error.message,
    )
  );
}
