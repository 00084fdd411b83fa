import {
  Observable,
  type Observer,
  type Operator,
  Subscriber,
  type Subscription,
} from 'rxjs';

import { silencePromise } from '../model/thenable.js';

/** Called with what a subscriber threw. */
export type SubscriberErrorListener = (error: unknown) => void;

/**
 * Makes an observable whose subscribers may throw. RxJS rethrows such an error on a timer, where it
 * ends the process; here it is reported and the subscription goes on. Holds through `pipe` too.
 */
export function guardSubscribers<T>(
  source: Observable<T>,
  report: SubscriberErrorListener,
): Observable<T> {
  return new GuardedObservable(source, report);
}

class GuardedObservable<T> extends Observable<T> {
  constructor(
    private readonly inner: Observable<T>,
    private readonly report: SubscriberErrorListener,
  ) {
    super((subscriber) => inner.subscribe(subscriber));
  }

  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const { inner } = this;
    return new GuardedObservable<R>(
      new Observable<R>((subscriber) => operator?.call(subscriber, inner)),
      this.report,
    );
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // RxJS' own operators subscribe with a Subscriber and handle what they throw.
    if (observerOrNext instanceof Subscriber) {
      return super.subscribe(observerOrNext);
    }
    const observer: Partial<Observer<T>> =
      typeof observerOrNext === 'function'
        ? { next: observerOrNext }
        : (observerOrNext ?? {});
    return super.subscribe({
      next: this.guard((value: T) => observer.next?.(value)),
      error: this.guard((thrown: unknown) =>
        observer.error === undefined
          ? (error ?? this.report)(thrown)
          : observer.error(thrown),
      ),
      complete: this.guard(() =>
        observer.complete === undefined ? complete?.() : observer.complete(),
      ),
    });
  }

  private guard<A extends unknown[]>(
    callback: (...values: A) => void,
  ): (...values: A) => void {
    return (...values) => {
      try {
        const result: unknown = callback(...values);
        silencePromise(result, () => this.report(result));
      } catch (thrown) {
        this.report(thrown);
      }
    };
  }
}
