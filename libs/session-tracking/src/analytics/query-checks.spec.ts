import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { DEFAULT_RETENTION } from '../../testing/totals-by-hand.js';
import { InvalidQueryError } from '../errors/invalid-query.error.js';
import { wholeAddresses } from '../model/clients/address-anonymizer.js';
import { MemorySessionStore } from '../store/memory/memory-session-store.js';
import { SessionAnalytics } from './session-analytics.js';

const clock = new FakeClock();
const now = (): number => clock.now();
const analytics = new SessionAnalytics(
  new MemorySessionStore(DEFAULT_RETENTION, now),
  { ...DEFAULT_RETENTION, sampling: { rate: 1 } },
  wholeAddresses,
  now,
);

/** Questions whose parameters may be anything, as a caller in JavaScript asks them. */
const QUESTIONS = {
  getSessions: (query) => analytics.getSessions(query),
  getEndpoints: (query) => analytics.getEndpoints(query),
  getUsage: (query) => analytics.getUsage(query),
  getClients: (query) => analytics.getClients(query),
  getJourneys: (query) => analytics.getJourneys(query),
  getFunnel: (query) => analytics.getFunnel({ steps: STEPS, ...query }),
  getRequest: (query) => analytics.getRequest('id', query),
} satisfies Record<string, (query: object) => Promise<unknown>>;

type Question = keyof typeof QUESTIONS;

const STEPS = ['GET /cart', 'POST /orders'];

const stepsOf = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `GET /${index}`);

const WINDOWED: Question[] = [
  'getEndpoints',
  'getUsage',
  'getClients',
  'getJourneys',
  'getFunnel',
];

/** Values that are no moment, for a caller to compute by mistake. */
const NO_MOMENTS = [Number.NaN, -1, 1e12, '1700000000', new Date(0), null];

const WRONG: [Question, Record<string, unknown>][] = [
  ...[0, -1, 1.5, 201, 1e9, Number.NaN, '5', null].flatMap(
    (limit): [Question, Record<string, unknown>][] => [
      ['getSessions', { limit }],
      ['getClients', { limit }],
    ],
  ),
  ...[0, -1, 1.5, 1001, Number.NaN, '5', null].map(
    (limit): [Question, Record<string, unknown>] => ['getEndpoints', { limit }],
  ),
  ...['bogus', 'toString', '__proto__', '', 1, null].map(
    (sort): [Question, Record<string, unknown>] => ['getClients', { sort }],
  ),
  ...[-1, 101, 0.5, Number.NaN, '', null].map(
    (context): [Question, Record<string, unknown>] => [
      'getRequest',
      { context },
    ],
  ),
  ...[
    [],
    ['GET /cart'],
    stepsOf(11),
    ['GET /cart', 'orders'],
    ['GET /cart', 'get /orders'],
    ['GET /cart', `GET /${'x'.repeat(2044)}`],
    ['GET /cart', 5],
    'GET /cart,POST /orders',
    undefined,
  ].map((steps): [Question, Record<string, unknown>] => [
    'getFunnel',
    { steps },
  ]),
  ...NO_MOMENTS.flatMap((moment) =>
    (['getSessions', ...WINDOWED] satisfies Question[]).flatMap(
      (question): [Question, Record<string, unknown>][] => [
        [question, { since: moment }],
        [question, { until: moment }],
      ],
    ),
  ),
  ...WINDOWED.map((question): [Question, Record<string, unknown>] => [
    question,
    { window: 5 },
  ]),
  ['getUsage', { step: 300 }],
  ['getSessions', { since: 2, until: 1 }],
  ['getSessions', { has_errors: 'true' }],
  ['getSessions', { cursor: 5 }],
  ['getSessions', { user_id: '' }],
  ['getSessions', { user_id: 5 }],
  ['getSessions', { ip: 5 }],
  ['getEndpoints', { user_id: '' }],
  ['getEndpoints', { ip: '' }],
];

const RIGHT: [Question, Record<string, unknown>][] = [
  ['getSessions', { limit: 1, since: 0, until: 99_999_999_999 }],
  ['getSessions', { since: 1, until: 1 }],
  ['getSessions', { limit: 200, has_errors: false, since: undefined }],
  ['getEndpoints', { limit: 1 }],
  ['getEndpoints', { limit: 1000, user_id: undefined }],
  ['getClients', { limit: 1, sort: 'errors' }],
  ['getClients', { limit: 200, sort: undefined }],
  ['getRequest', { context: 0 }],
  ['getRequest', { context: 100 }],
  ['getFunnel', { steps: stepsOf(2) }],
  ['getFunnel', { steps: stepsOf(10) }],
  ['getFunnel', { steps: ['GET /cart', `GET /${'x'.repeat(2043)}`] }],
];

describe('a question asked in code', () => {
  it.each(WRONG)('%s is refused with %j', async (question, query) => {
    const [field] = Object.keys(query);
    const refusal: unknown = await QUESTIONS[question](query).catch(
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(InvalidQueryError);
    expect(refusal).toMatchObject({
      field,
      message: expect.stringMatching(new RegExp(`^${field} must `)),
    });
  });

  it.each([
    ['getUsage', { window: 'an hour' }, '"an hour"'],
    ['getUsage', { step: '90s' }, '"90s"'],
    ['getUsage', { since: -1 }, '-1'],
    ['getClients', { limit: 0 }, '0'],
    ['getClients', { sort: 'by\u202ename' }, '"by\\u{202e}name"'],
    ['getUsage', { step: '31d', window: '1h' }, '"31d"'],
    ['getFunnel', { steps: 'GET /cart' }, '"GET /cart"'],
  ] as const)(
    '%s says of %j what is wrong with it',
    async (question, query, shown) => {
      await expect(QUESTIONS[question](query)).rejects.toThrow(
        `; it is ${shown}`,
      );
    },
  );

  it('says which of some steps is none', async () => {
    await expect(
      QUESTIONS.getFunnel({ steps: ['GET /cart', 'get'] }),
    ).rejects.toThrow('; "get" is none');
    await expect(
      QUESTIONS.getFunnel({ steps: Object.assign([], { length: 2 }) }),
    ).rejects.toThrow('; undefined is none');
  });

  it.each(RIGHT)('%s is answered with %j', async (question, query) => {
    await expect(QUESTIONS[question](query)).resolves.toBeDefined();
  });
});
