import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeAddresses } from '../../src/model/clients/address-anonymizer.js';
import {
  type Client,
  type ClientReference,
  toClient,
} from '../../src/model/clients/client-identity.js';
import type { Exchange } from '../../src/model/records/exchange.js';
import {
  emptyRequestTotals,
  type ReadonlyTotals,
} from '../../src/model/totals/request-totals.js';
import { slotAt, type TimeSlot } from '../../src/model/totals/time-slot.js';
import { now, TestWriter } from '../record-builders.js';
import type { StoreUnderTest } from './store-under-test.js';
import {
  durationsOf,
  expectedClientTotals,
  expectedTotals,
  groupBy,
  nameOf,
  routeOf,
  statusesOf,
  TrafficLog,
  worstBucketError,
} from './traffic-log.js';

const CLIENTS: readonly Client[] = [
  toClient({ userId: 'a', ip: '192.0.2.1' }, wholeAddresses),
  toClient({ userId: 'a', ip: '192.0.2.2' }, wholeAddresses),
  toClient({ userId: 'b', ip: '192.0.2.1' }, wholeAddresses),
  toClient({ userId: 'c', ip: '192.0.2.3' }, wholeAddresses),
  toClient({ ip: '192.0.2.1' }, wholeAddresses),
  toClient({ ip: '2001:db8::1' }, wholeAddresses),
];

/** What is random about an exchange. */
interface Sketch {
  readonly client: Client;
  /** Seconds since some moment before all of the traffic, or after every erasure. */
  readonly second: number;
  readonly late: boolean;
  readonly parts: 'both' | 'request' | 'response';
  readonly method: string;
  readonly route: string | undefined;
  readonly status: number;
  readonly duration: number;
  readonly sampling: Exchange['sampling'];
}

type Step =
  | { readonly instance: 0 | 1; readonly sketches: readonly Sketch[] }
  | { readonly erased: Client };

const sketch: fc.Arbitrary<Sketch> = fc.record({
  client: fc.constantFrom(...CLIENTS),
  second: fc.double({ min: 0, max: 600, noNaN: true }),
  late: fc.boolean(),
  parts: fc.constantFrom('both', 'both', 'both', 'request', 'response'),
  method: fc.constantFrom('GET', 'POST'),
  route: fc.constantFrom('/items', '/items/:id', '/users/:id', undefined),
  status: fc.constantFrom(200, 204, 304, 400, 404, 499, 500, 503),
  duration: fc.integer({ min: 1, max: 5_000_000 }).map((n) => n / 100),
  sampling: fc.constantFrom(undefined, undefined, 'kept', 'left_out'),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      instance: fc.constantFrom<0 | 1>(0, 1),
      sketches: fc.array(sketch, { minLength: 1, maxLength: 20 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ erased: fc.constantFrom(...CLIENTS) }),
  },
);

/** Seconds after the beginning of a test in which nothing is erased any more. */
const AFTER_ERASURES = 120;

export function describeRandomTraffic(tested: StoreUnderTest): void {
  describe('any traffic of two instances', () => {
    it('is found again in every figure, exactly', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 10 }),
          async (steps) => {
            await tested.restart({
              sessionTtlSeconds: 7200,
              retentionSeconds: 7200,
              maxSessionSeconds: 86_400,
            });
            const traffic = await replay(tested, steps);
            await compareSessions(tested, traffic);
            for (const start of [traffic.begin - 600, traffic.begin]) {
              await compareSlots(tested, traffic, start);
            }
          },
        ),
        { numRuns: 30 },
      );
    }, 120_000);
  });
}

interface Replayed {
  readonly begin: number;
  readonly log: TrafficLog;
}

async function replay(
  tested: StoreUnderTest,
  steps: readonly Step[],
): Promise<Replayed> {
  const begin = now();
  const log = new TrafficLog();
  const erased = new Set<string>();
  const writers = [
    new TestWriter(tested.store),
    new TestWriter(tested.otherStore),
  ];
  let count = 0;
  for (const each of steps) {
    if ('erased' in each) {
      erased.add(nameOf(each.erased));
      log.erase(nameOf(each.erased));
      await tested.store.eraseClient(referenceOf(each.erased));
    } else {
      const exchanges = each.sketches.map((drawn) => {
        count += 1;
        return toExchange(drawn, begin, `r${count}`);
      });
      const expected = exchanges.map((exchange, index) =>
        log.note(
          exchange,
          erased.has(nameOf(exchange.client)) &&
            each.sketches[index]?.late !== true,
        ),
      );
      const answer = await writers[each.instance]?.append(...exchanges);
      expect(answer?.exchanges.map(({ outcome }) => outcome)).toEqual(expected);
    }
  }
  return { begin, log };
}

function toExchange(drawn: Sketch, begin: number, id: string): Exchange {
  const timestamp = drawn.late
    ? begin + AFTER_ERASURES + drawn.second / 6
    : begin - 600 + drawn.second * 0.999;
  const request = {
    timestamp: Math.floor(timestamp * 1000) / 1000,
    path: '/',
    method: drawn.method,
    request_id: id,
    ...(drawn.route !== undefined && { route: drawn.route }),
  };
  const response = {
    timestamp: request.timestamp,
    request_id: id,
    status_code: drawn.status,
    // A lone response must not seem to have begun before an erasure.
    duration_ms: drawn.duration,
  };
  return {
    client: drawn.client,
    ...(drawn.parts !== 'response' && { request }),
    ...(drawn.parts !== 'request' && { response }),
    ...(drawn.sampling !== undefined && { sampling: drawn.sampling }),
  };
}

function referenceOf({ userId, ip }: Client): ClientReference {
  return userId === '' ? { ip } : { userId };
}

async function compareSessions(
  { store }: StoreUnderTest,
  { log }: Replayed,
): Promise<void> {
  for (const client of CLIENTS) {
    const expected = log.inSession(nameOf(client));
    const id = await store.findSessionId(referenceOf(client));
    const session = id === null ? null : await store.readSession(id);
    expect(session?.requests ?? []).toEqual(
      expected.flatMap(({ request }) => (request ? [request] : [])),
    );
    expect(session?.responses ?? []).toEqual(
      expected.flatMap(({ response }) => (response ? [response] : [])),
    );
    const times = expected.flatMap(({ request, response }) =>
      [request, response].flatMap((record) => record?.timestamp ?? []),
    );
    if (expected.length > 0) {
      expect(session?.info).toMatchObject({
        last_seen_at: Math.max(...times),
        request_count: session?.requests.length,
        response_count: session?.responses.length,
        error_count: statusesOf(expected).filter((status) => status >= 400)
          .length,
        duration_us_total: Math.round(
          durationsOf(expected).reduce((sum, duration) => sum + duration, 0),
        ),
      });
    } else {
      expect(session).toBeNull();
    }
  }
}

/** Every slot from a moment on for ten minutes, and the hours around it. */
async function compareSlots(
  { store }: StoreUnderTest,
  { log }: Replayed,
  from: number,
): Promise<void> {
  const slots: TimeSlot[] = [slotAt(from, 3600), slotAt(from + 600, 3600)];
  for (const length of [60, 300] as const) {
    for (let second = 0; second <= 600; second += length) {
      slots.push(slotAt(from + second, length));
    }
  }
  for (const slot of slots) {
    const everything = log.everything(slot);
    const usage = await store.readUsage(slot);
    compareTotals(usage, everything);
    expect(await store.countClients([slot])).toBe(
      groupBy(everything, ({ client }) => nameOf(client)).size,
    );
    const routes = await store.readRoutes(slot);
    const byRoute = groupBy(slot.length === 60 ? [] : everything, routeOf);
    expect([...routes.keys()].toSorted()).toEqual(
      [...byRoute.keys()].toSorted(),
    );
    for (const [name, exchanges] of byRoute) {
      compareTotals(routes.get(name) ?? null, exchanges);
    }
    if (slot.length === store.clientSlotLength) {
      const byClient = groupBy(log.ofClients(slot), ({ client }) =>
        nameOf(client),
      );
      expect(await store.readClients(slot)).toEqual(
        new Map(
          [...byClient].map(([name, exchanges]) => [
            name,
            expectedClientTotals(exchanges),
          ]),
        ),
      );
    }
  }
}

function compareTotals(
  totals: ReadonlyTotals | null,
  exchanges: readonly Exchange[],
): void {
  // Where a session began with a response alone, a slot may have nothing but that.
  expect(totals ?? emptyRequestTotals()).toMatchObject(
    expectedTotals(exchanges),
  );
  expect(
    worstBucketError(totals?.durations ?? new Map(), exchanges),
  ).toBeLessThanOrEqual(0.02);
}
