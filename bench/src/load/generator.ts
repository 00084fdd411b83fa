// A process of its own: all the clients.
import { serveParent } from '../processes/child.js';
import type { ClientRange } from './request-rotation.js';
import { Target } from './target.js';

const targets: Target[] = [];

function targetOf(id: number): Target {
  const target = targets[id];
  if (target === undefined) {
    throw new Error(`There is no target ${id}.`);
  }
  return target;
}

const operations = {
  /** Answers with the id by which the other operations know the target. */
  open: async ({
    port,
    clients,
  }: {
    port: number;
    clients: ClientRange;
  }): Promise<number> => {
    targets.push(await Target.open(port, clients));
    return targets.length - 1;
  },

  saturate: ({ id, seconds }: { id: number; seconds: number }) =>
    targetOf(id).saturate(seconds),

  send: ({ id, requests }: { id: number; requests: number }) =>
    targetOf(id).send(requests),

  pace: ({
    id,
    perSecond,
    seconds,
  }: {
    id: number;
    perSecond: number;
    seconds: number;
  }) => targetOf(id).pace(perSecond, AbortSignal.timeout(seconds * 1000)),
};

export type LoadOperations = typeof operations;

serveParent(operations);
