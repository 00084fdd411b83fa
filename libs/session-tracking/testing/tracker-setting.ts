import {
  type AddressAnonymizer,
  wholeAddresses,
} from '../src/model/clients/address-anonymizer.js';
import type { Client } from '../src/model/clients/client-identity.js';
import type { TrackedRecord } from '../src/model/records/records.js';
import type { RedactionRules } from '../src/model/redaction/redaction-rules.js';
import type { SamplingPolicy } from '../src/model/records/sampling.js';
import { AuditLog } from '../src/tracking/audit-log.js';
import type { FlushPolicy } from '../src/tracking/flusher.js';
import { SessionTracker } from '../src/tracking/session-tracker.js';
import type { TrackingLog } from '../src/tracking/tracking-log.js';
import { ControllableStore } from './controllable-store.js';
import { FakeClock } from './fake-clock.js';
import {
  DEFAULT_REDACTION,
  exchangeOf,
  type ExchangeSketch,
} from './record-builders.js';
import { RecordingLog } from './recording-log.js';

const POLICY: FlushPolicy = { intervalMs: 50, maxBatch: 500, maxQueue: 100 };

const SAMPLE_ALL: SamplingPolicy = {
  rate: 1,
  keepErrors: true,
  keepSlowMs: 1000,
};

/** What a test wants otherwise than usual. */
interface TrackerSketch {
  flush?: Partial<FlushPolicy>;
  sampling?: Partial<SamplingPolicy>;
  redaction?: RedactionRules;
  addresses?: AddressAnonymizer;
  /** The log of the host, instead of the one that keeps its lines. */
  host?: TrackingLog;
}

/** A tracker over a store, a clock and a log that the test holds in its hand. */
export class TrackerSetting {
  readonly clock = new FakeClock();
  readonly store = new ControllableStore(() => this.clock.now());
  readonly log = new RecordingLog();
  readonly tracker: SessionTracker;

  constructor({
    flush = {},
    sampling = {},
    redaction = DEFAULT_REDACTION,
    addresses = wholeAddresses,
    host,
  }: TrackerSketch = {}) {
    this.tracker = new SessionTracker(
      this.store,
      {
        flush: { ...POLICY, ...flush },
        sampling: { ...SAMPLE_ALL, ...sampling },
        ...redaction,
      },
      addresses,
      this.clock,
      host ?? this.log,
      new AuditLog(host ?? this.log),
    );
  }

  /** Records a request and its response as capture does. */
  record(client: Client, sketch: ExchangeSketch = {}): void {
    const { request, response } = exchangeOf(client, sketch);
    if (request !== undefined && response !== undefined) {
      this.tracker.recordExchange(client, request, response);
    }
  }

  /** Every record that is published from now on. */
  collect(): TrackedRecord[] {
    const seen: TrackedRecord[] = [];
    this.tracker.records$.subscribe((each) => seen.push(each));
    return seen;
  }
}
