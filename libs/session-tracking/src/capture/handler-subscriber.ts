// The global of that name is a getter, which would be asked twice for each request.
import { performance } from 'node:perf_hooks';
import { Subscriber } from 'rxjs';
import type { HandlerTrace } from './http-exchange.js';

/**
 * Stands between a handler and who waits for it, and notes when it answered and what it threw.
 * `tap` would make a dozen objects for each request.
 */
export class HandlerSubscriber extends Subscriber<unknown> {
  private readonly startedAt = performance.now();

  constructor(
    destination: Subscriber<unknown>,
    private readonly trace: HandlerTrace,
  ) {
    super(destination);
  }

  override next(value: unknown): void {
    this.stop();
    super.next(value);
  }

  override error(error: unknown): void {
    if (!this.closed) {
      this.stop();
      this.trace.error = error;
    }
    super.error(error);
  }

  override complete(): void {
    this.stop();
    super.complete();
  }

  /** What comes after the client has left counts no more. */
  private stop(): void {
    if (!this.closed) {
      this.trace.durationMs ??= performance.now() - this.startedAt;
    }
  }
}
