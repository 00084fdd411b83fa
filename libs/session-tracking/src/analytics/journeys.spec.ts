import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { histories } from '../../testing/arbitrary-histories.js';
import { HistoryStore } from '../../testing/history-store.js';
import {
  at,
  historyOf,
  requestRecord,
  responseRecord,
} from '../../testing/record-builders.js';
import { InvalidQueryError } from '../errors/invalid-query.error.js';
import type { SessionHistory, SessionInfo } from '../model/records/records.js';
import { type Journeys, summariseJourneys } from './journeys.js';

const NOW = at(600);

let sessions = 0;

/** A session of a step per second: `GET /cart`, or `GET /cart 500` where the step failed. */
function sessionOf(
  steps: string[],
  info: Partial<SessionInfo> = {},
): SessionHistory {
  const parts = steps.map((step) => step.split(' '));
  sessions += 1;
  return {
    ...historyOf(
      parts.map(([method, route], index) =>
        requestRecord({
          timestamp: at(index),
          request_id: `${sessions}-${index}`,
          method: method ?? '',
          route: route ?? '',
        }),
      ),
      parts.map(([, , status], index) =>
        responseRecord({
          request_id: `${sessions}-${index}`,
          status_code: Number(status ?? 200),
        }),
      ),
      info,
    ),
    session_id: `session-${sessions}`,
  };
}

const summarise = (
  given: readonly SessionHistory[],
  query = {},
  rate = 1,
): Promise<Journeys> =>
  summariseJourneys(new HistoryStore(given), query, NOW, rate);

describe('journeys', () => {
  it('counts what followed what, where sessions began and ended, and where errors began', async () => {
    expect(
      await summarise([
        sessionOf(['GET /cart', 'POST /orders 500', 'GET /cart 404']),
        sessionOf(['GET /cart', 'POST /orders', 'GET /orders/:id']),
        sessionOf(['GET /help']),
      ]),
    ).toEqual({
      since: NOW - 3600,
      until: NOW,
      sessions: 3,
      truncated: false,
      transitions: [
        { from: 'GET /cart', to: 'POST /orders', count: 2 },
        { from: 'POST /orders', to: 'GET /cart', count: 1 },
        { from: 'POST /orders', to: 'GET /orders/:id', count: 1 },
      ],
      entries: [
        { step: 'GET /cart', count: 2 },
        { step: 'GET /help', count: 1 },
      ],
      exits: [
        { step: 'GET /cart', count: 1 },
        { step: 'GET /help', count: 1 },
        { step: 'GET /orders/:id', count: 1 },
      ],
      paths: [
        { steps: ['GET /cart', 'POST /orders', 'GET /cart'], count: 1 },
        { steps: ['GET /cart', 'POST /orders', 'GET /orders/:id'], count: 1 },
        { steps: ['GET /help'], count: 1 },
      ],
      errors_begin: [{ step: 'POST /orders', count: 1, sessions: 2 }],
      sample: { rate: 1, weight: 1 },
    });
  });

  it('folds loops in paths alone, and tells paths apart by six steps', async () => {
    const { paths, transitions } = await summarise([
      sessionOf(['A 1', 'A 1', 'B 2', 'A 1', 'B 2']),
      sessionOf(['A 1', 'B 2']),
      sessionOf(['A 1', 'B 2', 'C 3', 'D 4', 'E 5', 'F 6', 'G 7']),
      sessionOf(['A 1', 'B 2', 'C 3', 'D 4', 'E 5', 'F 6', 'H 8']),
    ]);
    expect(paths).toEqual([
      { steps: ['A 1', 'B 2'], count: 2 },
      { steps: ['A 1', 'B 2', 'C 3', 'D 4', 'E 5', 'F 6'], count: 2 },
    ]);
    expect(transitions).toContainEqual({ from: 'A 1', to: 'A 1', count: 1 });
    expect(transitions).toContainEqual({ from: 'A 1', to: 'B 2', count: 5 });
  });

  it('calls what no route matched unmatched', async () => {
    const { entries } = await summarise([
      historyOf([requestRecord({ path: '/wp-login.php' })], []),
    ]);
    expect(entries).toEqual([{ step: 'GET unmatched', count: 1 }]);
  });

  it('leaves out what sampling knows only in part, and says what a count stands for', async () => {
    const store = new HistoryStore([
      sessionOf(['GET /cart']),
      sessionOf(['GET /orders 500'], { partial: true }),
    ]);
    const answer = await summariseJourneys(store, {}, NOW, 0.25);
    expect(answer).toMatchObject({
      sessions: 1,
      entries: [{ step: 'GET /cart', count: 1 }],
      errors_begin: [],
      sample: { rate: 0.25, weight: 4 },
    });
    expect(store.read).toEqual([]);
    expect(store.readAlone).toHaveLength(1);
    expect(await summarise([], {}, 0)).toMatchObject({
      sample: { rate: 0, weight: null },
    });
  });

  it('reads the responses of sessions with errors alone', async () => {
    const well = sessionOf(['GET /cart', 'GET /cart']);
    const failing = sessionOf(['GET /cart', 'GET /cart 500']);
    const store = new HistoryStore([well, failing]);
    const answer = await summariseJourneys(store, {}, NOW, 1);
    expect(answer.errors_begin).toEqual([
      { step: 'GET /cart', count: 1, sessions: 2 },
    ]);
    expect(store.readAlone).toEqual([well.session_id]);
    expect(store.read).toEqual([failing.session_id]);
  });

  it('lists the fifty commonest', async () => {
    const { entries, transitions } = await summarise(
      Array.from({ length: 60 }, (_, number) =>
        sessionOf([
          `GET /${String(number).padStart(2, '0')}`,
          ...(number >= 50 ? [`GET /last`, `GET /last`] : []),
        ]),
      ),
    );
    expect(entries).toHaveLength(50);
    expect(transitions[0]).toEqual({
      from: 'GET /last',
      to: 'GET /last',
      count: 10,
    });
  });

  it('answers the same for the same sessions, in whichever order they come', async () => {
    const given = [
      sessionOf(['GET /b', 'GET /a']),
      sessionOf(['GET /a', 'GET /b']),
      sessionOf(['GET /c']),
    ];
    expect(await summarise(given.toReversed())).toEqual(await summarise(given));
  });

  it('refuses a window that is none', async () => {
    await expect(summarise([], { window: 'an hour' })).rejects.toThrow(
      InvalidQueryError,
    );
  });

  it('agrees with counting by hand', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (given) => {
        const answer = await summarise(given, { window: '10m' });
        const walks = walksByHand(given);
        expect(answer.sessions).toBe(walks.length);
        expect(tallyOf(answer.entries)).toEqual(
          tally(walks.map((walk) => walk[0]?.step)),
        );
        expect(tallyOf(answer.exits)).toEqual(
          tally(walks.map((walk) => walk[walk.length - 1]?.step)),
        );
        expect(
          tallyOf(
            answer.transitions.map(({ from, to, count }) => ({
              step: `${from} > ${to}`,
              count,
            })),
          ),
        ).toEqual(
          tally(
            walks.flatMap((walk) =>
              walk.slice(1).map(({ step }, i) => `${walk[i]?.step} > ${step}`),
            ),
          ),
        );
        const begin = walks.flatMap(
          (walk) => walk.find(({ failed }) => failed)?.step ?? [],
        );
        expect(tallyOf(answer.errors_begin)).toEqual(tally(begin));
        for (const { step, sessions: took } of answer.errors_begin) {
          expect(took).toBe(
            walks.filter((walk) => walk.some((one) => one.step === step))
              .length,
          );
        }
        expect(
          tallyOf(
            answer.paths.map(({ steps, count }) => ({
              step: steps.join(' > '),
              count,
            })),
          ),
        ).toEqual(tally(walks.map(pathByHand)));
      }),
    );
  });
});

interface Stride {
  readonly step: string;
  readonly failed: boolean;
}

/** What whole sessions did in the ten minutes before now, recomputed the slow way. */
function walksByHand(given: readonly SessionHistory[]): Stride[][] {
  const walks: Stride[][] = [];
  for (const { info, requests, responses } of given) {
    if (info.partial) {
      continue;
    }
    const inside = requests.filter(
      (request) => request.timestamp >= NOW - 600 && request.timestamp < NOW,
    );
    inside.sort((a, b) => a.timestamp - b.timestamp);
    if (inside.length > 0) {
      walks.push(
        inside.map((request) => ({
          step: `${request.method} ${request.route ?? 'unmatched'}`,
          failed: responses.some(
            (response) =>
              response.request_id === request.request_id &&
              response.status_code >= 400,
          ),
        })),
      );
    }
  }
  return walks;
}

/** Folds with a regular expression over letters, from the left, shortest cycle first. */
function pathByHand(walk: readonly Stride[]): string {
  const names = [...new Set(walk.map(({ step }) => step))];
  let text = '';
  for (const { step } of walk) {
    text += String.fromCharCode(97 + names.indexOf(step));
    for (let length = 1; length <= 6; length++) {
      if (new RegExp(`(.{${length}})\\1$`).test(text)) {
        text = text.slice(0, -length);
        break;
      }
    }
  }
  return text
    .slice(0, 6)
    .split('')
    .map((letter) => names[letter.charCodeAt(0) - 97])
    .join(' > ');
}

function tally(steps: readonly (string | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const step of steps) {
    counts[String(step)] = (counts[String(step)] ?? 0) + 1;
  }
  return counts;
}

function tallyOf(
  lines: readonly { step: string; count: number }[],
): Record<string, number> {
  return Object.fromEntries(lines.map(({ step, count }) => [step, count]));
}
