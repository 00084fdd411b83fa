import { describe, expect, it } from 'vitest';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
  START,
} from '../../testing/record-builders.js';
import { toSessionDocument } from './session-document.js';

describe('a session document', () => {
  it('summarises a session', () => {
    const requests = [1, 2, 3, 4].map((n) =>
      requestRecord({
        request_id: String(n),
        path: `/${n}`,
        timestamp: at(n),
      }),
    );
    const responses = [
      responseRecord({ request_id: '1', status_code: 200, duration_ms: 10 }),
      responseRecord({ request_id: '3', status_code: 404, duration_ms: 40.5 }),
      responseRecord({ request_id: '2', status_code: 200, duration_ms: 0.25 }),
    ];
    const document = toSessionDocument(
      historyOf(requests, responses, {
        user_id: '42',
        last_seen_at: at(4),
        previous_session_id: 'before',
      }),
    );
    expect(document).toEqual({
      session_id: 'a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11',
      user_id: '42',
      client_ip: '192.0.2.1',
      created_at: START,
      last_seen_at: at(4),
      previous_session_id: 'before',
      analytics: {
        request_count: 4,
        response_count: 3,
        avg_response_time: expect.closeTo(50.75 / 3, 9),
        error_count: 1,
        error_rate: 0.25,
        p50: 10,
        p95: 40.5,
        p99: 40.5,
        max: 40.5,
        by_status: { 200: 2, 404: 1 },
        slowest: [
          {
            request_id: '3',
            timestamp: at(3),
            method: 'GET',
            path: '/3',
            status_code: 404,
            duration_ms: 40.5,
          },
          expect.objectContaining({ request_id: '1', duration_ms: 10 }),
          expect.objectContaining({ request_id: '2', duration_ms: 0.25 }),
        ],
        trimmed: { requests: 0, responses: 0 },
      },
    });
  });

  it('has zeros, and no division by them, for an empty session', () => {
    const { analytics, previous_session_id } = toSessionDocument(
      historyOf([], []),
    );
    expect(previous_session_id).toBeNull();
    expect(analytics).toEqual({
      request_count: 0,
      response_count: 0,
      avg_response_time: 0,
      error_count: 0,
      error_rate: 0,
      p50: 0,
      p95: 0,
      p99: 0,
      max: 0,
      by_status: {},
      slowest: [],
      trimmed: { requests: 0, responses: 0 },
    });
  });

  it('takes totals from the counters where records are trimmed, and says how many are', () => {
    const { analytics } = toSessionDocument(
      historyOf([requestRecord()], [responseRecord({ duration_ms: 7 })], {
        request_count: 1000,
        response_count: 900,
        error_count: 250,
        duration_us_total: 9_000_000,
      }),
    );
    expect(analytics).toMatchObject({
      request_count: 1000,
      response_count: 900,
      avg_response_time: 10,
      error_count: 250,
      error_rate: 0.25,
      max: 7,
      trimmed: { requests: 999, responses: 899 },
    });
  });

  it('never counts fewer than no records as trimmed', () => {
    const { analytics } = toSessionDocument(
      historyOf([requestRecord()], [responseRecord()], {
        request_count: 0,
        response_count: 0,
      }),
    );
    expect(analytics.trimmed).toEqual({ requests: 0, responses: 0 });
    expect(analytics.error_rate).toBe(0);
  });

  it('names the five slowest requests that were answered', () => {
    const ids = Array.from({ length: 9 }, (_, index) => String(index));
    const { analytics } = toSessionDocument(
      historyOf(
        ids.map((request_id) => requestRecord({ request_id })),
        ids
          .slice(0, 8)
          .map((request_id) =>
            responseRecord({ request_id, duration_ms: Number(request_id) }),
          ),
      ),
    );
    expect(analytics.slowest.map(({ request_id }) => request_id)).toEqual([
      '7',
      '6',
      '5',
      '4',
      '3',
    ]);
  });
});
