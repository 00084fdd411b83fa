import { StoreUnavailableError } from '../src/errors/store-unavailable.error.js';
import { sessionOwner } from '../src/model/clients/client-groups.js';
import type { Exchange } from '../src/model/records/exchange.js';
import { MemorySessionStore } from '../src/store/memory/memory-session-store.js';
import type {
  AppendedBatch,
  PreparedBatch,
  RecordBatch,
  StorePolicy,
} from '../src/store/session-store.js';

/**
 * - `work`: as the memory store does
 * - `fail`: nothing is stored, the call rejects
 * - `refuse`: the same, and the error is certain of it
 * - `lose-reply`: the batch is stored, the call rejects
 * - `waver`: one batch is stored, another is stored without a reply, another is not stored
 * - `hang`: nothing happens until `release` or `abort`, which settle every hanging call in order
 */
export type StoreMode =
  'work' | 'fail' | 'refuse' | 'lose-reply' | 'waver' | 'hang';

/** A batch on its way. */
export interface SentBatch extends RecordBatch {
  readonly follows: number | undefined;
}

interface HangingCall {
  readonly batch: SentBatch;
  readonly resolve: (answer: AppendedBatch) => void;
  readonly reject: (error: Error) => void;
}

/** Calls that are taken: an endless run of them would leave a test no turn in which to fail. */
const MOST_CALLS = 10_000;

const GENEROUS: StorePolicy = {
  sessionTtlSeconds: 7200,
  maxSessionSeconds: 86_400,
  retentionSeconds: 7200,
  maxRecordsPerSession: 1_000_000,
  maxSessions: 10_000,
  rollups: { minutes: 86_400, hours: 2_592_000 },
};

/** The memory store, with a network in between that a test holds in its hand. */
export class ControllableStore extends MemorySessionStore {
  mode: StoreMode = 'work';
  /** Every batch that was made ready. */
  readonly prepared: RecordBatch[] = [];
  /** Every batch that was sent, retries included. */
  readonly sent: SentBatch[] = [];
  /** Times that a batch which follows none was sent before all others were answered. */
  overlaps = 0;
  /** Owners (`user:42`, `ip:192.0.2.1`) whose keys hold a foreign type. */
  readonly poisoned = new Set<string>();
  private readonly acceptedOf = new Map<number, readonly Exchange[]>();
  private readonly reachableListeners: (() => void)[] = [];
  private inFlight = 0;
  private readonly hanging: HangingCall[] = [];

  constructor(now: () => number) {
    // What a fake clock sets off has to be done when it goes on.
    super(GENEROUS, now, () => Promise.resolve());
  }

  get isHanging(): boolean {
    return this.hanging.length > 0;
  }

  override onReachable(listener: () => void): void {
    this.reachableListeners.push(listener);
  }

  /** Says so, whatever becomes of the next call. */
  becomeReachable(): void {
    this.reachableListeners.forEach((listener) => listener());
  }

  override prepare(batch: RecordBatch): PreparedBatch {
    this.prepared.push(batch);
    return {
      bytes: 0,
      append: (follows) => this.send({ ...batch, follows }),
    };
  }

  /** What hangs is answered. */
  release(): void {
    for (const { batch, resolve, reject } of this.hanging.splice(0)) {
      this.take(batch).then(resolve, reject);
    }
  }

  /** What hangs fails; nothing of it was stored. */
  abort(): void {
    for (const { reject } of this.hanging.splice(0)) {
      reject(away());
    }
  }

  private async send(batch: SentBatch): Promise<AppendedBatch> {
    this.sent.push(batch);
    if (this.sent.length > MOST_CALLS) {
      return new Promise(() => undefined);
    }
    this.inFlight += 1;
    if (batch.follows === undefined && this.inFlight > 1) {
      this.overlaps += 1;
    }
    try {
      return await this.transmit(batch);
    } finally {
      this.inFlight -= 1;
    }
  }

  private async transmit(batch: SentBatch): Promise<AppendedBatch> {
    const mode =
      this.mode === 'waver'
        ? WAVERING[this.sent.length % WAVERING.length]
        : this.mode;
    if (mode === 'hang') {
      return new Promise((resolve, reject) => {
        this.hanging.push({ batch, resolve, reject });
      });
    }
    if (mode === 'fail' || mode === 'refuse') {
      throw away(mode === 'fail');
    }
    const answer = await this.take(batch);
    if (mode === 'lose-reply') {
      throw away();
    }
    return answer;
  }

  private async take(batch: SentBatch): Promise<AppendedBatch> {
    // What a batch held when it was stored is what its retries are answered by.
    const accepted =
      this.acceptedOf.get(batch.sequence) ??
      batch.exchanges.filter(
        ({ client }) => !this.poisoned.has(sessionOwner(client)),
      );
    const answer = await super
      .prepare({ ...batch, exchanges: accepted })
      .append(batch.follows);
    this.acceptedOf.set(batch.sequence, accepted);
    return {
      ...answer,
      exchanges: batch.exchanges.map(
        (exchange) =>
          answer.exchanges[accepted.indexOf(exchange)] ?? {
            outcome: 'rejected',
            sessionId: '',
          },
      ),
    };
  }
}

/** As long as no flush of a test, so that no batch meets the same fate at each attempt. */
const WAVERING: readonly StoreMode[] = [
  'work',
  'lose-reply',
  'refuse',
  'work',
  'fail',
  'lose-reply',
  'lose-reply',
];

function away(mayBeDone = true): StoreUnavailableError {
  return new StoreUnavailableError(
    'take a batch',
    new Error('it is away'),
    mayBeDone,
  );
}
