import type { RollupRetention } from '../session-store.js';
import { CallBatcher, type TakeIn } from './reading/call-batcher.js';
import type {
  ConnectionUse,
  RedisConnections,
} from './connection/redis-connections.js';
import { RedisScript } from './redis-script.js';
import type { SessionKeys } from './session-keys.js';

/** Hashes that one call of Redis is asked for; it answers fewer where they hold much. */
const HASHES_PER_CALL = 64;

/** Stands for a hash that was not written since it was read last. */
export const UNCHANGED = '=';

interface Question {
  readonly key: string;
  /** When what the reader has of it was written; empty when it has nothing. */
  readonly writtenAt: string;
}

/** So many batches are folded together: fewer would save less, more would hold Redis up longer. */
const WORTH_FOLDING = 32;

/** How long fewer wait for more, in milliseconds. */
const FEW_WAIT_MS = 1000;

/** The hashes of totals: folds into them what batches have left, and reads them whole. */
export class RedisTotalsHashes {
  /** Requests that were found to have no place for their route. */
  cappedRoutes = 0;
  private readonly foldScript = new RedisScript(
    'fold-totals.lua',
    'slots.lua',
    'gather-totals.lua',
    'totals-by-slot.lua',
    'fold-totals-main.lua',
  );
  private readonly readScript = new RedisScript(
    'read-totals.lua',
    'slots.lua',
    'gather-totals.lua',
    'totals-by-slot.lua',
    'read-totals-main.lua',
  );
  private readonly scriptArguments: readonly string[];
  private readonly texts = new CallBatcher(
    HASHES_PER_CALL,
    (questions: readonly Question[]) => this.readTexts(questions),
  );
  private isFolding = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connections: RedisConnections,
    private readonly keys: SessionKeys,
    rollups: RollupRetention,
  ) {
    this.scriptArguments = [
      keys.base,
      String(rollups.minutes),
      String(rollups.hours),
    ];
  }

  /** To be told how many batches wait: folds them when they are worth it, a few of them a little later. */
  foldSoon(pending: number): void {
    if (pending >= WORTH_FOLDING) {
      this.fold();
    } else if (pending > 0) {
      this.foldLater();
    }
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  /**
   * Hands on a hash as JSON, its fields and values in turn; `UNCHANGED` where it was written last at that
   * time. Those asked for in one go share calls of Redis.
   */
  read<T>(
    key: string,
    writtenAt: string,
    takeIn: TakeIn<string, T>,
  ): Promise<T> {
    return this.texts.ask({ key, writtenAt }, takeIn);
  }

  private foldLater(): void {
    if (!this.isClosed) {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.fold();
      }, FEW_WAIT_MS).unref();
    }
  }

  private fold(): void {
    if (this.isFolding) {
      // The one under way may have read what waits before the last of it came.
      this.foldLater();
      return;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isFolding = true;
    this.foldMany()
      // Nothing is lost with a fold that fails: another one takes what it left, or whoever reads.
      .catch(() => this.foldLater())
      .finally(() => {
        this.isFolding = false;
      });
  }

  private async foldMany(): Promise<void> {
    let left: number;
    do {
      const answer = await this.run('writer', 'fold totals', this.foldScript);
      left = Number(answer[0]);
      this.cappedRoutes += Number(answer[1]) || 0;
    } while (left >= WORTH_FOLDING);
    if (left > 0) {
      this.foldLater();
    }
  }

  private async readTexts(questions: readonly Question[]): Promise<string[]> {
    const [cappedRoutes, ...texts] = await this.run(
      'reader',
      'read totals',
      this.readScript,
      questions.flatMap(({ key, writtenAt }) => [key, writtenAt]),
    );
    this.cappedRoutes += Number(cappedRoutes) || 0;
    return texts.map(String);
  }

  private async run(
    use: ConnectionUse,
    operation: string,
    script: RedisScript,
    more: readonly string[] = [],
  ): Promise<unknown[]> {
    const answer = await this.connections.ask(use, operation, (redis) =>
      script.run(redis, this.keys.index, ...this.scriptArguments, ...more),
    );
    return Array.isArray(answer) ? answer : [];
  }
}
