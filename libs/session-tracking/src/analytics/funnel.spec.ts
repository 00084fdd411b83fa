import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histories } from '../../testing/arbitrary-histories.js';
import { HistoryStore } from '../../testing/history-store.js';
import { at, historyOf, requestRecord } from '../../testing/record-builders.js';
import type {
  RequestRecord,
  SessionHistory,
  SessionInfo,
} from '../model/records/records.js';
import { type Funnel, measureFunnel } from './funnel.js';

const NOW = at(600);

let sessions = 0;

/** A session of requests `GET /cart` at some second each. */
function sessionOf(
  requests: readonly (readonly [second: number, step: string])[],
  info: Partial<SessionInfo> = {},
): SessionHistory {
  sessions += 1;
  return {
    ...historyOf(
      requests.map(([second, step]) => {
        const [method = '', route = ''] = step.split(' ');
        return requestRecord({ timestamp: at(second), method, route });
      }),
      [],
      info,
    ),
    session_id: `session-${sessions}`,
  };
}

const measure = (
  given: readonly SessionHistory[],
  steps: readonly string[],
  rate = 1,
): Promise<Funnel> =>
  measureFunnel(new HistoryStore(given), { steps, window: '10m' }, NOW, rate);

describe('a funnel', () => {
  it('counts the sessions that took each step after those before it', async () => {
    expect(
      await measure(
        [
          sessionOf([
            [0, 'GET /cart'],
            [10, 'GET /help'],
            [30, 'POST /orders'],
            [31.5, 'GET /orders/:id'],
          ]),
          sessionOf([
            [0, 'GET /cart'],
            [10, 'POST /orders'],
          ]),
          sessionOf([
            [5, 'POST /orders'],
            [10, 'GET /cart'],
          ]),
          sessionOf([[0, 'POST /orders']]),
        ],
        ['GET /cart', 'POST /orders', 'GET /orders/:id'],
      ),
    ).toEqual({
      since: NOW - 600,
      until: NOW,
      sessions: 4,
      truncated: false,
      steps: [
        {
          step: 'GET /cart',
          sessions: 3,
          conversion: 1,
          step_conversion: null,
          median_ms: null,
        },
        {
          step: 'POST /orders',
          sessions: 2,
          conversion: 2 / 3,
          step_conversion: 2 / 3,
          median_ms: 20_000,
        },
        {
          step: 'GET /orders/:id',
          sessions: 1,
          conversion: 1 / 3,
          step_conversion: 0.5,
          median_ms: 1500,
        },
      ],
      sample: { rate: 1, weight: 1 },
    });
  });

  it('has zeros and no times where nobody came', async () => {
    const { steps } = await measure([], ['GET /cart', 'POST /orders']);
    expect(steps).toEqual([
      {
        step: 'GET /cart',
        sessions: 0,
        conversion: 0,
        step_conversion: null,
        median_ms: null,
      },
      {
        step: 'POST /orders',
        sessions: 0,
        conversion: 0,
        step_conversion: 0,
        median_ms: null,
      },
    ]);
  });

  it('takes a request for one step only', async () => {
    const steps = ['GET /cart', 'GET /cart'];
    const once = await measure([sessionOf([[0, 'GET /cart']])], steps);
    expect(once.steps.map((step) => step.sessions)).toEqual([1, 0]);
    const twice = await measure(
      [
        sessionOf([
          [0, 'GET /cart'],
          [2, 'GET /cart'],
        ]),
      ],
      steps,
    );
    expect(twice.steps[1]).toMatchObject({ sessions: 1, median_ms: 2000 });
  });

  it('goes by the path where no route matched, and by the template where one did', async () => {
    const given = [
      historyOf(
        [
          requestRecord({ timestamp: at(0), path: '/orders/1' }),
          requestRecord({
            timestamp: at(1),
            path: '/orders/2',
            route: 'unmatched',
          }),
          requestRecord({
            timestamp: at(2),
            path: '/orders/3',
            route: '/orders/:id',
          }),
        ],
        [],
      ),
    ];
    const reached = async (...steps: string[]): Promise<number[]> => {
      const funnel = await measure(given, steps);
      return funnel.steps.map((step) => step.sessions);
    };
    expect(await reached('GET /orders/1', 'GET /orders/2')).toEqual([1, 1]);
    expect(await reached('GET unmatched', 'GET unmatched')).toEqual([1, 1]);
    expect(await reached('GET /orders/1', 'GET /orders/:id')).toEqual([1, 1]);
    expect(await reached('GET /orders/1', 'GET /orders/3')).toEqual([1, 0]);
    expect(await reached('POST /orders/1', 'GET /orders/2')).toEqual([0, 0]);
  });

  it('leaves out what sampling knows only in part', async () => {
    const funnel = await measure(
      [sessionOf([[0, 'GET /cart']], { partial: true })],
      ['GET /cart', 'GET /cart'],
      0.5,
    );
    expect(funnel).toMatchObject({
      sessions: 0,
      sample: { rate: 0.5, weight: 2 },
    });
  });

  it('agrees with trying every way', async () => {
    const step = fc.constantFrom(
      'GET /cart',
      'POST /orders',
      'GET /orders/:id',
      'GET unmatched',
      'POST /wp-login.php',
    );
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(step, { minLength: 2, maxLength: 4 }),
        async (given, steps) => {
          const funnel = await measure(given, steps);
          const whole = given.filter(({ info }) => info.partial !== true);
          const counts = steps.map(
            (_, index) =>
              whole.filter((history) =>
                canTake(history, steps.slice(0, index + 1)),
              ).length,
          );
          expect(funnel.steps.map((one) => one.sessions)).toEqual(counts);
          expect(funnel.steps.map((one) => one.conversion)).toEqual(
            counts.map((count) =>
              counts[0] === 0 ? 0 : count / (counts[0] ?? 0),
            ),
          );
        },
      ),
    );
  });
});

/** Whether some of the requests, in their order, are the steps: looks at every choice of them. */
function canTake(
  { requests }: SessionHistory,
  steps: readonly string[],
): boolean {
  const inside = requests.filter(
    ({ timestamp }) => timestamp >= NOW - 600 && timestamp < NOW,
  );
  const ordered = inside.toSorted((a, b) => a.timestamp - b.timestamp);
  const search = (from: number, step: number): boolean =>
    step === steps.length ||
    ordered.some(
      (request, index) =>
        index >= from &&
        namesOf(request).includes(steps[step] ?? '') &&
        search(index + 1, step + 1),
    );
  return search(0, 0);
}

function namesOf({ method, route, path }: RequestRecord): string[] {
  return route === undefined || route === 'unmatched'
    ? [`${method} unmatched`, `${method} ${path}`]
    : [`${method} ${route}`];
}
