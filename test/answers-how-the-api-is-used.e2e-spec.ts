import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';
import {
  type ClientsReport,
  type Endpoint,
  type EndpointsReport,
  InvalidQueryError,
  SessionAnalytics,
  type UsageReport,
} from 'nestjs-session-tracking';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedisServer } from '../libs/session-tracking/testing/redis-server.js';
import { askAdmin, readAdmin } from './support/admin-api.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

/** How much longer one customer waits than all others, in milliseconds. */
const UNLUCKY_MS = 80;

@Controller('orders')
class OrdersController {
  @Get(':id')
  async find(@Param('id') id: string): Promise<string> {
    switch (id) {
      case 'missing':
        throw new NotFoundException();
      case 'broken':
        throw new Error('The order is torn');
      case 'unlucky':
        await delay(UNLUCKY_MS);
    }
    return id;
  }

  @Post()
  create(): string {
    return 'created';
  }
}

/** A request as the client that sent it saw it. */
interface Seen {
  readonly client: string;
  readonly endpoint: string;
  readonly status: number;
  readonly elapsedMs: number;
}

/** Clients of the shop, whose own log is what the answers are compared with. */
class Customers {
  readonly seen: Seen[] = [];

  constructor(private readonly app: TestApp) {}

  async get(order: string, client = ''): Promise<void> {
    await this.send('GET', `/orders/${order}`, 'GET /orders/:id', client);
  }

  async send(
    method: 'GET' | 'POST',
    path: string,
    endpoint: string,
    client = '',
  ): Promise<void> {
    const { status, elapsedMs } = await this.app.http.send(method, path, {
      headers: client === '' ? {} : asUser({ id: client }),
    });
    this.seen.push({ client, endpoint, status, elapsedMs });
  }

  /** A morning in the shop. */
  async shop(): Promise<void> {
    for (let visit = 0; visit < 5; visit++) {
      await this.get(`${visit}`, 'alice');
      await this.get(`${visit}`, 'bob');
      await this.get(`${visit}`);
    }
    await this.get('missing', 'alice');
    await this.get('broken', 'bob');
    await this.get('broken', 'bob');
    await this.get('unlucky', 'carol');
    await this.get('unlucky', 'carol');
    await this.send('POST', '/orders', 'POST /orders', 'alice');
    await this.send('POST', '/orders', 'POST /orders', 'carol');
    await this.send('GET', '/nowhere', 'GET unmatched');
    await this.app.settle(this.seen.length);
  }

  of(client: string): Seen[] {
    return this.seen.filter((each) => each.client === client);
  }
}

const failed = (seen: readonly Seen[]): number =>
  seen.filter(({ status }) => status >= 400).length;

const longest = (seen: readonly Seen[]): number =>
  Math.max(0, ...seen.map(({ elapsedMs }) => elapsedMs));

const nameOf = ({ method, route }: Endpoint): string => `${method} ${route}`;

const PLACES = PLATFORMS.flatMap((platform) =>
  (['redis', 'memory'] as const).map((store) => ({ platform, store })),
);

describe.each(PLACES)('on $platform and $store', ({ platform, store }) => {
  function shop() {
    const app = bootTestApp(platform)
      .controllers(OrdersController)
      .globalGuard(HeaderUserGuard);
    return store === 'redis' ? app.onRedis(redis) : app;
  }

  async function shopAfterAMorning() {
    const app = await shop().start();
    const customers = new Customers(app);
    await customers.shop();
    return { app, customers };
  }

  describe('GET /endpoints', () => {
    it('has what every client saw, busiest first', async () => {
      const { app, customers } = await shopAfterAMorning();
      const { since, until, endpoints, other } =
        await readAdmin<EndpointsReport>(app, 'endpoints?window=5m');
      const now = Date.now() / 1000;
      expect([since % 60, until % 60]).toEqual([0, 0]);
      expect(since).toBeLessThanOrEqual(now - 300);
      expect(until).toBeGreaterThanOrEqual(now - 1);
      expect(endpoints.map(nameOf)).toEqual([
        'GET /orders/:id',
        'POST /orders',
        'GET unmatched',
      ]);
      for (const endpoint of endpoints) {
        const seen = customers.seen.filter(
          (each) => each.endpoint === nameOf(endpoint),
        );
        expect(endpoint.count).toBe(seen.length);
        expect(endpoint.error_count).toBe(failed(seen));
        expect(endpoint.error_rate).toBeCloseTo(failed(seen) / seen.length, 9);
        const { p50, p95, p99, max } = endpoint;
        expect([p50, p95, p99, max]).toEqual(
          [p50, p95, p99, max].toSorted((a, b) => a - b),
        );
        expect(max).toBeLessThanOrEqual(longest(seen));
      }
      // The two unlucky ones of 20 are beyond the median, and within the 95th percentile.
      expect(endpoints[0]?.p50).toBeLessThan(UNLUCKY_MS);
      expect(endpoints[0]?.p95).toBeGreaterThan(UNLUCKY_MS * 0.98 - 1);
      expect(other).toEqual({ count: 0, error_count: 0 });
    });

    it('tells in one call what is slow for one client', async () => {
      const { app, customers } = await shopAfterAMorning();
      const carol = await readAdmin<EndpointsReport>(
        app,
        'endpoints?window=5m&user_id=carol',
      );
      expect(carol.client).toEqual({
        user_id: 'carol',
        sessions: 1,
        sessions_skipped: 0,
        partial: false,
        trimmed: { requests: 0, responses: 0 },
      });
      const orders = carol.endpoints.find(
        (each) => nameOf(each) === 'GET /orders/:id',
      );
      const own = customers
        .of('carol')
        .filter(({ endpoint }) => endpoint === 'GET /orders/:id');
      expect(orders?.count).toBe(
        customers.seen.filter(({ endpoint }) => endpoint === 'GET /orders/:id')
          .length,
      );
      expect(orders?.client?.count).toBe(own.length);
      expect(orders?.client?.p50).toBeGreaterThanOrEqual(UNLUCKY_MS - 1);
      expect(orders?.client?.max).toBeLessThanOrEqual(longest(own));
      expect(orders?.ratio).toBeCloseTo(
        (orders?.client?.p95 ?? 0) / (orders?.p95 ?? 1),
        9,
      );
      expect(carol.endpoints.map(nameOf).toSorted()).toEqual([
        'GET /orders/:id',
        'POST /orders',
      ]);
    });

    it('has the errors of one client, and none of others', async () => {
      const { app } = await shopAfterAMorning();
      const bob = await readAdmin<EndpointsReport>(
        app,
        'endpoints?user_id=bob',
      );
      expect(bob.endpoints).toHaveLength(1);
      expect(bob.endpoints[0]?.client).toMatchObject({
        count: 7,
        error_count: 2,
        error_rate: 2 / 7,
      });
    });

    it('knows an address with all sessions that began there', async () => {
      const { app, customers } = await shopAfterAMorning();
      const { client, endpoints } = await readAdmin<EndpointsReport>(
        app,
        'endpoints?ip=::ffff:127.0.0.1',
      );
      expect(client?.sessions).toBe(4);
      const counts = endpoints.map((each) => each.client?.count ?? 0);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(
        customers.seen.length,
      );
    });

    it.each(['user_id=nobody', 'ip=203.0.113.9'])(
      'has none for %s, whom nobody knows',
      async (query) => {
        const { app } = await shopAfterAMorning();
        expect(await readAdmin(app, `endpoints?${query}`)).toMatchObject({
          client: { sessions: 0 },
          endpoints: [],
        });
      },
    );
  });

  describe('GET /usage', () => {
    it('adds up to what every client saw', async () => {
      const { app, customers } = await shopAfterAMorning();
      const { since, until, step, totals, series } =
        await readAdmin<UsageReport>(app, 'usage?window=10m&step=1m');
      expect(totals).toMatchObject({
        requests: customers.seen.length,
        responses: customers.seen.length,
        errors: failed(customers.seen),
        client_errors: 2,
        server_errors: 2,
        unique_clients: 4,
        new_sessions: 4,
      });
      expect(totals.max).toBeLessThanOrEqual(longest(customers.seen));
      expect(step).toBe(60);
      expect(series.map(({ start }) => start)).toEqual(
        Array.from(
          { length: (until - since) / 60 },
          (_, index) => since + index * 60,
        ),
      );
      const sum = (of: (each: UsageReport['totals']) => number): number =>
        series.reduce((total, each) => total + of(each), 0);
      expect(sum(({ requests }) => requests)).toBe(totals.requests);
      expect(sum(({ errors }) => errors)).toBe(totals.errors);
      expect(sum(({ new_sessions }) => new_sessions)).toBe(4);
      expect(Math.max(...series.map(({ max }) => max))).toBe(totals.max);
    });

    it('is the same by minutes, by five minutes and by hours', async () => {
      const { app } = await shopAfterAMorning();
      const answers = await Promise.all(
        ['1m', '5m', '7m', '1h', '1d'].map((step) =>
          readAdmin<UsageReport>(app, `usage?window=2h&step=${step}`),
        ),
      );
      const [first] = answers;
      for (const { totals } of answers) {
        expect(totals).toEqual(first?.totals);
      }
    });

    it('is zero where nothing happened', async () => {
      const app = await shop().start();
      const { series, totals } = await readAdmin<UsageReport>(app, 'usage');
      expect(series.length).toBeGreaterThanOrEqual(288);
      expect(totals).toMatchObject({ requests: 0, error_rate: 0, p95: 0 });
    });
  });

  describe('GET /clients', () => {
    it.each([
      ['requests', ['alice', 'bob', undefined, 'carol']],
      ['errors', ['bob', 'alice', undefined, 'carol']],
      ['slowest', ['carol']],
    ])('ranks by %s', async (sort, order) => {
      const { app, customers } = await shopAfterAMorning();
      const { clients, other } = await readAdmin<ClientsReport>(
        app,
        `clients?sort=${sort}`,
      );
      expect(
        clients.slice(0, order.length).map(({ user_id }) => user_id),
      ).toEqual(order);
      for (const client of clients) {
        const seen = customers.of(client.user_id ?? '');
        expect(client).toMatchObject({
          ...(client.user_id === undefined ? { client_ip: '127.0.0.1' } : {}),
          requests: seen.length,
          errors: failed(seen),
          error_rate: failed(seen) / seen.length,
        });
        expect(client.avg_duration_ms).toBeLessThanOrEqual(longest(seen));
        expect(client.total_duration_ms).toBeCloseTo(
          client.avg_duration_ms * seen.length,
          6,
        );
      }
      expect(clients).toHaveLength(4);
      expect(other).toEqual({ requests: 0, errors: 0 });
    });

    it('names as many as asked for', async () => {
      const { app } = await shopAfterAMorning();
      const { clients } = await readAdmin<ClientsReport>(
        app,
        'clients?limit=2',
      );
      expect(clients).toHaveLength(2);
    });
  });
});

/** What the process warns of from now on. */
function warningsOfProcess(): Error[] {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listener);
  onTestFinished(() => void process.off('warning', listener));
  return warnings;
}

describe('much asked at once, without a warning of the process', () => {
  it('is answered over a connection that is only being opened', async () => {
    const warnings = warningsOfProcess();
    const app = await bootTestApp('express')
      .onRedis(redis)
      .globalGuard(HeaderUserGuard)
      .start();
    await Promise.all([readAdmin(app, 'usage'), readAdmin(app, 'endpoints')]);
    expect(warnings).toEqual([]);
  });

  it('is refused while Redis hangs, and answered afterwards', async () => {
    const warnings = warningsOfProcess();
    const server = await startRedisServer();
    onTestFinished(() => server.stop());
    const app = await bootTestApp('express')
      .onRedis(server)
      .globalGuard(HeaderUserGuard)
      .start();
    await readAdmin(app, 'usage');
    server.pause();
    const answers = await Promise.all([
      askAdmin(app, 'usage'),
      askAdmin(app, 'endpoints'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    server.resume();
    await expect
      .poll(async () => (await askAdmin(app, 'usage')).status, {
        timeout: 5000,
      })
      .toBe(200);
    expect(warnings).toEqual([]);
  });
});

describe.each(PLATFORMS)('what is asked wrongly on %s', (platform) => {
  const shop = () => bootTestApp(platform).globalGuard(HeaderUserGuard);

  it.each([
    ['endpoints?window=soon', 'window'],
    ['endpoints?window=0h', 'window'],
    ['endpoints?window=1h&window=2h', 'window'],
    ['endpoints?window=31d', 'window'],
    ['endpoints?window=1h&since=1', 'window'],
    ['endpoints?since=yesterday', 'since'],
    ['endpoints?since=1', 'since'],
    ['endpoints?since=2100-01-01', 'since'],
    ['endpoints?until=tomorrow', 'until'],
    ['endpoints?user_id=a&ip=192.0.2.1', 'ip'],
    ['endpoints?ip=no-address', 'ip'],
    ['endpoints?user_id=', 'user_id'],
    ['endpoints?ip[a]=b', 'ip'],
    ['endpoints?limit=1001', 'limit'],
    ['endpoints?route=x', 'route'],
    ['usage?step=1s', 'step'],
    ['usage?step=always', 'step'],
    ['usage?window=24h&step=1m', 'step'],
    ['usage?window=25h&step=5m', 'window'],
    ['usage?user_id=a', 'user_id'],
    ['clients?window=3h', 'window'],
    ['clients?sort=fastest', 'sort'],
    ['clients?limit=0', 'limit'],
    ['clients?limit=201', 'limit'],
  ])('%s is refused', async (path, field) => {
    const app = await shop().start();
    const { status, text, headers } = await askAdmin(app, path);
    expect(status).toBe(400);
    expect(headers['cache-control']).toBe('no-store');
    const { message } = JSON.parse(text) as { message: string[] };
    expect(message.join('\n')).toContain(field);
  });

  it('names every wrong field at once', async () => {
    const app = await shop().start();
    const { text } = await askAdmin(app, 'usage?window=x&step=y&since=z');
    const { message } = JSON.parse(text) as { message: string[] };
    for (const field of ['window', 'step', 'since']) {
      expect(message.join('\n')).toContain(field);
    }
  });

  it('is refused in code too', async () => {
    const app = await shop().start();
    const analytics = app.app.get(SessionAnalytics);
    await expect(analytics.getUsage({ step: '1s' })).rejects.toThrow(
      InvalidQueryError,
    );
  });

  it('each question leaves an audit line that names no client', async () => {
    const log = new RecordedLog();
    const app = await shop().logTo(log).start();
    await askAdmin(app, 'endpoints');
    await askAdmin(app, 'endpoints?user_id=alice');
    await askAdmin(app, 'users/alice');
    await askAdmin(app, 'usage');
    await askAdmin(app, 'clients');
    const lines = log.of('SessionTrackingAudit');
    expect(lines).toMatchObject([
      '"root" GET getEndpoints',
      expect.stringMatching(/^"root" GET getEndpoints of \w{16}$/),
      expect.stringMatching(/^"root" GET getUser of \w{16}$/),
      '"root" GET getUsage',
      '"root" GET getClients',
    ]);
    expect(lines[1]?.split(' of ')[1]).toBe(lines[2]?.split(' of ')[1]);
    expect(lines.join('\n')).not.toContain('alice');
  });
});
