import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SessionTracker, SessionTrackingModule } from 'nestjs-session-tracking';
import { expect, onTestFinished, vi } from 'vitest';
import { freshKeyPrefix, type TrackingOptions } from './boot-test-app.js';
import { RecordedLog } from './recorded-log.js';

/** The context of the lines that the library logs about its queue. */
export const TRACKING_LOG = 'SessionTracking';

/** Twice the longest back-off, in milliseconds: what a recovery may take. */
export const RESUME_LIMIT_MS = 2000;

/** What a shared machine may add to a time that is measured, in milliseconds. */
export const MEASURING_SLACK_MS = 400;

/** A tracker of an application without a server: what a test records is all there is. */
export interface TrackingInstance {
  readonly tracker: SessionTracker;
  readonly keyPrefix: string;
  readonly log: RecordedLog;
  close(): Promise<void>;
}

/** Starts an application instance that tracks into a Redis. */
export async function startTracking(
  url: string,
  options: TrackingOptions = {},
): Promise<TrackingInstance> {
  const keyPrefix = options.keyPrefix ?? freshKeyPrefix();
  const log = new RecordedLog();
  const context = await NestFactory.createApplicationContext(
    trackingRoot({ redis: { url }, ...options, keyPrefix }),
    { logger: log, abortOnError: false },
  );
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= context.close());
  onTestFinished(close);
  return {
    tracker: context.get(SessionTracker, { strict: false }),
    keyPrefix,
    log,
    close,
  };
}

function trackingRoot(options: TrackingOptions): Type {
  @Module({ imports: [SessionTrackingModule.forRoot(options)] })
  class TrackingRoot {}
  return TrackingRoot;
}

/** Waits until everything taken in has been stored or dropped. */
export async function drained(
  tracker: SessionTracker,
  timeoutMs = 15_000,
): Promise<void> {
  await vi.waitFor(
    () => {
      const { queued, storeAvailable } = tracker.stats();
      expect({ queued, storeAvailable }).toEqual({
        queued: 0,
        storeAvailable: true,
      });
    },
    { timeout: timeoutMs, interval: 5 },
  );
}

/** Waits until the store has failed so many times more. */
export async function failedAgain(
  tracker: SessionTracker,
  times = 1,
): Promise<void> {
  const before = tracker.stats().failedAttempts;
  await vi.waitFor(
    () =>
      expect(tracker.stats().failedAttempts).toBeGreaterThanOrEqual(
        before + times,
      ),
    { timeout: 10_000, interval: 5 },
  );
}
