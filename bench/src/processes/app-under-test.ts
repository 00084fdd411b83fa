import { setTimeout as wait } from 'node:timers/promises';
import type { ServerArgument, ServerOperations } from '../app/server.js';
import type { Aim, Load } from './load.js';
import { Remote, type RemoteOptions } from './remote.js';

/** Enough for every client to come by and for the compiler to have seen it all. */
const WARM_UP_REQUESTS = 20_000;

/** Within it everything has flushed what it held back. */
const SETTLE_MS = 120;

/** One variant in its own process, with its clients. */
export class AppUnderTest {
  private constructor(
    readonly variant: ServerArgument['variant'],
    readonly server: Remote<ServerOperations>,
    readonly clients: Aim,
  ) {}

  static async start(
    argument: ServerArgument,
    load: Load,
    options: RemoteOptions,
  ): Promise<AppUnderTest> {
    const script = new URL('../app/server.js', import.meta.url);
    const server = await Remote.start<ServerOperations>(
      script,
      argument,
      options,
    );
    const clients = await load.aimAt(await server.call('port'));
    return new AppUnderTest(argument.variant, server, clients);
  }

  async port(): Promise<number> {
    return this.server.call('port');
  }

  async warmUp(): Promise<void> {
    await this.clients.send(WARM_UP_REQUESTS);
    await this.settle();
  }

  settle(): Promise<void> {
    return wait(SETTLE_MS);
  }

  /** Waits until no record is queued. */
  async untilStored(): Promise<void> {
    while (((await this.server.call('trackerStats'))?.queued ?? 0) > 0) {
      await this.settle();
    }
  }

  /** What became of its records; nothing for a variant that tracks nothing. */
  async countRecords(): Promise<{ stored: number; dropped: number }> {
    const stats = await this.server.call('trackerStats');
    return { stored: stats?.stored ?? 0, dropped: stats?.dropped ?? 0 };
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}
