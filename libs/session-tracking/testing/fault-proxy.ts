import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** From how many milliseconds to how many. */
export type MillisecondRange = readonly [from: number, to: number];

/** Random faults. Each probability is per chunk of bytes, as the network happens to cut them. */
export interface ChaosOptions {
  /** The same seed gives the n-th chunk of the n-th connection the same fate. */
  readonly seed: number;
  /** The connection ends somewhere inside a request or reply. Default 0. */
  readonly cutProbability?: number;
  /** Redis did what it was asked; the connection ends before the client hears of it. Default 0. */
  readonly dropReplyThenCutProbability?: number;
  /** How long each chunk is held back. Default `[0, 0]`. */
  readonly delayMs?: MillisecondRange;
}

/** A TCP proxy in front of Redis, through which a test makes the network fail. */
export interface FaultProxy {
  readonly url: string;
  readonly port: number;
  /** Connections open at the moment. */
  readonly connections: number;
  /** Connections that it has cut so far. */
  readonly cuts: number;
  /** Chunks of replies that did not arrive whole so far. */
  readonly lostReplies: number;
  /** Ends every open connection; new ones are welcome. */
  cutConnections(): void;
  /**
   * Swallows replies while requests still reach Redis. A connection that lost a reply stays mute
   * even when this is off again, until it is cut: TCP delivers nothing behind a missing byte.
   */
  dropReplies(on: boolean): void;
  /** Holds every chunk back for a time of the range, both ways; `[0, 0]` for none. */
  delay(range: MillisecondRange): void;
  /** Lets nothing pass and keeps connections open; once off, what was held back arrives. */
  stall(on: boolean): void;
  /** Ends new connections at once; open ones go on. */
  refuse(on: boolean): void;
  /** Random faults from now on; `null` for none. */
  chaos(options: ChaosOptions | null): void;
  /** Closes the port and every connection. */
  stop(): Promise<void>;
}

type Direction = 'request' | 'reply';

/** What chaos has in store for a chunk. */
interface Fate {
  readonly delayMs: number;
  /** How many of its bytes arrive before the connection ends; undefined when it passes. */
  readonly cutAt: number | undefined;
}

const UNHARMED: Fate = { delayMs: 0, cutAt: undefined };

/** Starts a proxy on a free port of loopback. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const network = new Network();
  const links = new Set<Link>();
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  let refuses = false;
  let linksSoFar = 0;

  server.on('connection', (client) => {
    if (refuses) {
      client.resetAndDestroy();
      return;
    }
    linksSoFar += 1;
    const link = new Link(client, targetPort, linksSoFar, network);
    links.add(link);
    void link.closed.then(() => links.delete(link));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get connections() {
      return links.size;
    },
    get cuts() {
      return network.cuts;
    },
    get lostReplies() {
      return network.lostReplies;
    },
    cutConnections() {
      for (const link of links) {
        link.cut();
      }
    },
    dropReplies(on) {
      network.dropsReplies = on;
    },
    delay(range) {
      network.delay = range;
    },
    stall(on) {
      network.stall(on);
    },
    refuse(on) {
      refuses = on;
    },
    chaos(options) {
      network.chaos = options === null ? null : new Chaos(options);
    },
    async stop() {
      if (!server.listening) {
        return;
      }
      const closed = once(server, 'close');
      server.close();
      for (const link of links) {
        link.end();
      }
      await Promise.all([closed, ...[...links].map((link) => link.closed)]);
    },
  };
}

/** The state that all links share. */
class Network {
  cuts = 0;
  lostReplies = 0;
  dropsReplies = false;
  delay: MillisecondRange = [0, 0];
  chaos: Chaos | null = null;
  private readonly jitter = seededRandom(0);
  private readonly gate = new EventEmitter().setMaxListeners(0);
  private stalled = false;

  stall(on: boolean): void {
    this.stalled = on;
    if (!on) {
      this.gate.emit('open');
    }
  }

  fateOf(chunk: Buffer, direction: Direction, link: number): Fate {
    return this.chaos?.fateOf(chunk, direction, link) ?? UNHARMED;
  }

  /** Resolves once nothing holds the bytes back any more. */
  async letThrough(delayMs: number, signal: AbortSignal): Promise<void> {
    const total = delayMs + within(this.delay, this.jitter());
    if (total > 0) {
      await sleep(total, undefined, { signal });
    }
    while (this.stalled) {
      await once(this.gate, 'open', { signal });
    }
  }
}

/** A client's connection and the one to Redis that belongs to it. */
class Link {
  readonly closed: Promise<unknown>;
  private readonly upstream: Socket;
  private readonly life = new AbortController();
  private isMute = false;

  constructor(
    private readonly client: Socket,
    targetPort: number,
    private readonly ordinal: number,
    private readonly network: Network,
  ) {
    this.upstream = connect({
      port: targetPort,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    const sockets = [client, this.upstream];
    this.closed = Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('close', () => resolve());
          }),
      ),
    );
    for (const socket of sockets) {
      socket.on('error', () => this.end());
      socket.once('close', () => this.end());
    }
    void this.carry(client, this.upstream, 'request');
    void this.carry(this.upstream, client, 'reply');
  }

  /** Ends both connections. */
  end(): void {
    this.life.abort();
    this.client.destroy();
    this.upstream.destroy();
  }

  /** Ends both connections as a fault. */
  cut(): void {
    if (!this.life.signal.aborted) {
      this.network.cuts += 1;
      this.end();
    }
  }

  private async carry(
    from: Socket,
    to: Socket,
    direction: Direction,
  ): Promise<void> {
    const { network } = this;
    const { signal } = this.life;
    // A client may close its half and still wait for replies.
    const chunks = from.iterator({ destroyOnReturn: false });
    try {
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        const fate = network.fateOf(chunk, direction, this.ordinal);
        await network.letThrough(fate.delayMs, signal);
        if (direction === 'reply' && network.dropsReplies) {
          this.isMute = true;
        }
        const isMuted = direction === 'reply' && this.isMute;
        const arriving = isMuted ? 0 : (fate.cutAt ?? chunk.length);
        if (direction === 'reply' && arriving < chunk.length) {
          network.lostReplies += 1;
        }
        if (arriving > 0 && !to.write(chunk.subarray(0, arriving))) {
          await once(to, 'drain', { signal });
        }
        if (fate.cutAt !== undefined) {
          this.cut();
          return;
        }
      }
      await network.letThrough(0, signal);
      to.end();
    } catch {
      // One of the two connections is gone, so the other one goes too.
      this.end();
    }
  }
}

/** Draws what happens to each chunk. */
class Chaos {
  private readonly generators = new Map<string, () => number>();

  constructor(private readonly options: ChaosOptions) {}

  fateOf(chunk: Buffer, direction: Direction, link: number): Fate {
    const {
      cutProbability = 0,
      dropReplyThenCutProbability = 0,
      delayMs = [0, 0],
    } = this.options;
    const random = this.generatorFor(direction, link);
    // Always as many draws, so that no decision depends on which ones came before.
    const draws = {
      delay: random(),
      drop: random(),
      cut: random(),
      at: random(),
    };
    const drops =
      direction === 'reply' && draws.drop < dropReplyThenCutProbability;
    const cuts = draws.cut < cutProbability;
    return {
      delayMs: within(delayMs, draws.delay),
      cutAt: drops ? 0 : cuts ? Math.floor(draws.at * chunk.length) : undefined,
    };
  }

  /** Connections are in step with themselves only, so each direction of each has its own. */
  private generatorFor(direction: Direction, link: number): () => number {
    const name = `${direction} ${link}`;
    let generator = this.generators.get(name);
    if (generator === undefined) {
      const stream = link * 2 + (direction === 'reply' ? 1 : 0);
      generator = seededRandom(this.options.seed + stream * 0x9e3779b1);
      this.generators.set(name, generator);
    }
    return generator;
  }
}

/** Mulberry32: numbers from 0 up to 1, the same ones for the same seed. */
function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function within([from, to]: MillisecondRange, share: number): number {
  return from + (to - from) * share;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The system gave no port.');
  }
  return address.port;
}
