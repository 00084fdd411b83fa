import * as fc from 'fast-check';
import type { SessionHistory } from '../src/model/records/records.js';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
} from './record-builders.js';

/** Templates and methods few enough for sessions to have much in common. */
const routes = fc.constantFrom(
  '/cart',
  '/orders',
  '/orders/:id',
  'unmatched',
  undefined,
);
const methods = fc.constantFrom('GET', 'POST');

/** Seconds around a window of ten minutes that ends at second 600; some share one. */
const seconds = fc.oneof(
  fc.integer({ min: -100, max: 700 }),
  fc.constantFrom(0, 1, 600),
);

const exchange = fc.record({
  seconds,
  method: methods,
  route: routes,
  path: fc.constantFrom('/cart', '/orders/1', '/wp-login.php'),
  status: fc.constantFrom(200, 201, 399, 400, 404, 500, undefined),
});

/** Sessions with up to 12 requests each, in no order; some were left out by sampling. */
export const histories: fc.Arbitrary<SessionHistory[]> = fc
  .array(
    fc.record({
      exchanges: fc.array(exchange, { maxLength: 12 }),
      partial: fc.boolean(),
    }),
    { maxLength: 12 },
  )
  .map((sessions) =>
    sessions.map(({ exchanges, partial }, number) => {
      const id = (index: number): string => `request-${number}-${index}`;
      return {
        ...historyOf(
          exchanges.map(({ seconds: second, method, route, path }, index) =>
            requestRecord({
              timestamp: at(second),
              request_id: id(index),
              method,
              path,
              ...(route !== undefined && { route }),
            }),
          ),
          exchanges.flatMap(({ status }, index) =>
            status === undefined
              ? []
              : [
                  responseRecord({
                    request_id: id(index),
                    status_code: status,
                  }),
                ],
          ),
          {
            last_seen_at: at(
              Math.max(-100, ...exchanges.map(({ seconds: second }) => second)),
            ),
            ...(partial && { partial: true }),
          },
        ),
        session_id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      };
    }),
  );
