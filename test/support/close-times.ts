import { expect } from 'vitest';
import type { StoredExchange } from './stored-sessions.js';

/** Checks that the times of a stored exchange are of just now, and agree with each other. */
export function expectCloseTimes({ request, response }: StoredExchange): void {
  const now = Date.now() / 1000;
  expect(request.timestamp).toBeGreaterThan(now - 20);
  expect(response.timestamp).toBeLessThanOrEqual(now + 0.01);
  expect(response.timestamp - request.timestamp).toBeCloseTo(
    response.duration_ms / 1000,
    2,
  );
}
