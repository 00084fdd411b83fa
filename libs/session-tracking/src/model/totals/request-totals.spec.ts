import { describe, expect, it } from 'vitest';
import {
  addRequestTotals,
  emptyClientTotals,
  emptyRequestTotals,
  emptyUsageTotals,
  sumOfClientTotals,
  type RequestTotals,
} from './request-totals.js';

const SOME: RequestTotals = {
  requests: 5,
  responses: 4,
  clientErrors: 2,
  serverErrors: 1,
  durationMicroseconds: 1000,
  longestMicroseconds: 700,
  durations: new Map([
    [3, 1],
    [170, 3],
  ]),
};

describe('adding totals of requests', () => {
  it('adds everything but the longest duration, of which the greater stays', () => {
    const sum = emptyRequestTotals();
    addRequestTotals(sum, SOME);
    expect(sum).toEqual(SOME);
    addRequestTotals(sum, {
      requests: 10,
      responses: 20,
      clientErrors: 30,
      serverErrors: 40,
      durationMicroseconds: 50,
      longestMicroseconds: 60,
      durations: new Map([
        [170, 7],
        [-4, 2],
      ]),
    });
    expect(sum).toEqual({
      requests: 15,
      responses: 24,
      clientErrors: 32,
      serverErrors: 41,
      durationMicroseconds: 1050,
      longestMicroseconds: 700,
      durations: new Map([
        [3, 1],
        [170, 10],
        [-4, 2],
      ]),
    });
  });

  it('leaves what is added as it was', () => {
    const sum = emptyRequestTotals();
    addRequestTotals(sum, SOME);
    sum.durations.set(3, 99);
    expect(SOME.durations.get(3)).toBe(1);
  });
});

describe('adding totals of clients', () => {
  it('adds everything', () => {
    const some = {
      requests: 1,
      errors: 2,
      responses: 3,
      durationMicroseconds: 4,
    };
    expect(sumOfClientTotals(emptyClientTotals(), some)).toEqual(some);
    expect(sumOfClientTotals(some, some)).toEqual({
      requests: 2,
      errors: 4,
      responses: 6,
      durationMicroseconds: 8,
    });
  });
});

describe('empty totals', () => {
  it('are new each time', () => {
    emptyUsageTotals().durations.set(1, 1);
    emptyUsageTotals().requests += 1;
    expect(emptyUsageTotals()).toEqual({
      ...emptyRequestTotals(),
      newSessions: 0,
    });
    expect(emptyUsageTotals().durations.size).toBe(0);
  });
});
