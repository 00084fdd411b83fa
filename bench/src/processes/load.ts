import type { LoadOperations } from '../load/generator.js';
import { ALL_CLIENTS, type ClientRange } from '../load/request-rotation.js';
import type { Outcome } from '../load/tally.js';
import { Remote } from './remote.js';
import type { Core } from './start-process.js';

/** The load generator, and what it is aimed at. */
export class Load {
  private constructor(private readonly remote: Remote<LoadOperations>) {}

  static async start(core: Core): Promise<Load> {
    const script = new URL('../load/generator.js', import.meta.url);
    return new Load(await Remote.start<LoadOperations>(script, null, { core }));
  }

  async aimAt(port: number, clients: ClientRange = ALL_CLIENTS): Promise<Aim> {
    const id = await this.remote.call('open', { port, clients });
    return new Aim(this.remote, id);
  }

  stop(): Promise<void> {
    return this.remote.stop();
  }
}

/** The load generator aimed at one app. */
export class Aim {
  constructor(
    private readonly remote: Remote<LoadOperations>,
    private readonly id: number,
  ) {}

  async saturate(seconds: number): Promise<Outcome> {
    return checked(
      await this.remote.call('saturate', { id: this.id, seconds }),
    );
  }

  async send(requests: number): Promise<Outcome> {
    return checked(await this.remote.call('send', { id: this.id, requests }));
  }

  /** Unlike the others it does not throw when a request fails. */
  pace(perSecond: number, seconds: number): Promise<Outcome> {
    return this.remote.call('pace', { id: this.id, perSecond, seconds });
  }
}

/** Figures of an app that does not answer as it should are worth nothing. */
export function checked(outcome: Outcome): Outcome {
  if (outcome.refused + outcome.broken > 0) {
    throw new Error(
      `${outcome.refused} requests were not answered with 2xx, ${outcome.broken} not at all.`,
    );
  }
  return outcome;
}
