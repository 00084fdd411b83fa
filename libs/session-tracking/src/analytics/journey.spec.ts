import { describe, expect, it } from 'vitest';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import { toJourney } from './journey.js';

describe('a journey', () => {
  it('has one entry per request, joined with its response, with the gap before it', () => {
    const journey = toJourney(
      historyOf(
        [
          requestRecord({
            request_id: 'a',
            path: '/a',
            timestamp: at(0),
            route: '/:x',
          }),
          requestRecord({ request_id: 'b', path: '/b', timestamp: at(1.25) }),
        ],
        [
          responseRecord({
            request_id: 'a',
            status_code: 500,
            duration_ms: 12.5,
            timestamp: at(0.5),
            handler: 'A.a',
            handler_ms: 3,
            error: 'TypeError',
          }),
        ],
        { user_id: '42' },
      ),
    );
    expect(journey).toEqual({
      session_id: 'a5a6de53-5b9d-4e0e-9a3b-3a1a4a7f2c11',
      user_id: '42',
      client_ip: '192.0.2.1',
      entries: [
        {
          request_id: 'a',
          timestamp: at(0),
          method: 'GET',
          path: '/a',
          route: '/:x',
          gap_ms: null,
          status_code: 500,
          duration_ms: 12.5,
          handler: 'A.a',
          handler_ms: 3,
          error: 'TypeError',
        },
        {
          request_id: 'b',
          timestamp: at(1.25),
          method: 'GET',
          path: '/b',
          gap_ms: 1250,
          status_code: null,
          duration_ms: null,
        },
      ],
    });
  });

  it('goes by arrival, not by the order in which requests ended', () => {
    const { entries } = toJourney(
      historyOf(
        [
          requestRecord({ request_id: 'slow', timestamp: at(5.1) }),
          requestRecord({ request_id: 'quick', timestamp: at(5) }),
          requestRecord({ request_id: 'last', timestamp: at(5.3) }),
        ],
        [],
      ),
    );
    expect(
      entries.map(({ request_id, gap_ms }) => [request_id, gap_ms]),
    ).toEqual([
      ['quick', null],
      ['slow', 100],
      ['last', 200],
    ]);
  });

  it('is empty without requests', () => {
    expect(toJourney(historyOf([], [responseRecord()])).entries).toEqual([]);
  });
});
