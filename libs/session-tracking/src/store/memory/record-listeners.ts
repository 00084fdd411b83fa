import type { TrackedRecord } from '../../model/records/records.js';
import type { RecordListener, Unsubscribe } from '../session-store.js';

/** Those who hear of records as they are stored. */
export class RecordListeners {
  private readonly subscriptions = new Set<{ listener: RecordListener }>();

  get isEmpty(): boolean {
    return this.subscriptions.size === 0;
  }

  subscribe(listener: RecordListener): Unsubscribe {
    const subscription = { listener };
    this.subscriptions.add(subscription);
    return () => {
      this.subscriptions.delete(subscription);
      return Promise.resolve();
    };
  }

  /** A listener that throws is the listener's own affair. */
  publish(records: readonly TrackedRecord[]): void {
    for (const { listener } of this.subscriptions) {
      try {
        listener(records);
      } catch {
        continue;
      }
    }
  }
}
