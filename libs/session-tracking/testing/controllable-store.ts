import { StoreUnavailableError } from '../src/errors/store-unavailable.error.js';
import { sessionOwner } from '../src/model/client-groups.js';
import { MemorySessionStore } from '../src/store/memory/memory-session-store.js';
import type {
  AppendedExchange,
  RecordBatch,
  RetentionPolicy,
} from '../src/store/session-store.js';

/**
 * - `work`: as the memory store does
 * - `fail`: nothing is stored, the call rejects
 * - `lose-reply`: the batch is stored, the call rejects
 * - `hang`: nothing happens until `release` or `abort`
 */
export type StoreMode = 'work' | 'fail' | 'lose-reply' | 'hang';

interface HangingCall {
  readonly batch: RecordBatch;
  readonly resolve: (answer: readonly AppendedExchange[]) => void;
  readonly reject: (error: Error) => void;
}

const GENEROUS: RetentionPolicy = {
  sessionTtlSeconds: 7200,
  maxSessionSeconds: 86_400,
  retentionSeconds: 7200,
  maxRecordsPerSession: 1_000_000,
};

/** The memory store, with a network in between that a test holds in its hand. */
export class ControllableStore extends MemorySessionStore {
  mode: StoreMode = 'work';
  /** Every batch that was sent, retries included. */
  readonly sent: RecordBatch[] = [];
  /** Most calls of `append` that were under way at once. */
  mostInFlight = 0;
  /** Owners (`user:42`, `ip:192.0.2.1`) whose keys hold a foreign type. */
  readonly poisoned = new Set<string>();
  private inFlight = 0;
  private hanging: HangingCall | undefined;

  constructor(now: () => number) {
    super(GENEROUS, now);
  }

  get isHanging(): boolean {
    return this.hanging !== undefined;
  }

  override async append(
    batch: RecordBatch,
  ): Promise<readonly AppendedExchange[]> {
    this.sent.push(batch);
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      return await this.transmit(batch);
    } finally {
      this.inFlight -= 1;
    }
  }

  /** The hanging call is answered. */
  release(): void {
    const call = this.hanging;
    this.hanging = undefined;
    if (call !== undefined) {
      this.take(call.batch).then(call.resolve, call.reject);
    }
  }

  /** The hanging call fails; nothing of it was stored. */
  abort(): void {
    const call = this.hanging;
    this.hanging = undefined;
    call?.reject(away());
  }

  private async transmit(
    batch: RecordBatch,
  ): Promise<readonly AppendedExchange[]> {
    switch (this.mode) {
      case 'work':
        return this.take(batch);
      case 'fail':
        throw away();
      case 'lose-reply':
        await this.take(batch);
        throw away();
      case 'hang':
        return new Promise((resolve, reject) => {
          this.hanging = { batch, resolve, reject };
        });
    }
  }

  private async take(batch: RecordBatch): Promise<readonly AppendedExchange[]> {
    if (this.poisoned.size === 0) {
      return super.append(batch);
    }
    const accepted = batch.exchanges.filter(
      ({ client }) => !this.poisoned.has(sessionOwner(client)),
    );
    const answers = await super.append({ ...batch, exchanges: accepted });
    return batch.exchanges.map(
      (exchange) =>
        answers[accepted.indexOf(exchange)] ?? { stored: false, sessionId: '' },
    );
  }
}

function away(): StoreUnavailableError {
  return new StoreUnavailableError('take a batch', new Error('it is away'));
}
