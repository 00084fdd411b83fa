/** What a child process can be asked; each operation takes at most one argument. */
export type Operations = Record<string, (argument: never) => unknown>;

export interface Call {
  id: number;
  operation: string;
  argument: unknown;
}

export interface Answer {
  id: number;
  value?: unknown;
  error?: string;
}

/** The id of the answer by which a child says that it is ready; nobody asks for it. */
export const READY = 0;

/** What the parent gave this process at its start. */
export function argumentOfChild(): unknown {
  return JSON.parse(process.argv[2] ?? 'null');
}

/** Answers the calls of the parent from now on, and ends with it. */
export function serveParent(operations: Operations): void {
  const handlers = new Map(Object.entries(operations));
  process.on('message', (message) => {
    const { id, operation, argument } = message as Call;
    perform(handlers.get(operation), argument).then(
      (value) => reply({ id, value }),
      (error: unknown) => reply({ id, error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  reply({ id: READY });
}

async function perform(
  handler: Operations[string] | undefined,
  argument: unknown,
): Promise<unknown> {
  return handler?.(argument as never);
}

function reply(answer: Answer): void {
  process.send?.(answer);
}
