import {
  Controller,
  Get,
  NotFoundException,
  Param,
  ValidationPipe,
} from '@nestjs/common';
import type {
  Journey,
  SessionDocument,
  SessionHistory,
  SessionPage,
} from 'nestjs-session-tracking';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startRedisServer } from '../libs/session-tracking/testing/redis-server.js';
import { ADMIN, askAdmin, readAdmin } from './support/admin-api.js';
import { adminRoutes } from './support/admin-routes.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

const NOBODY = '00000000-0000-4000-8000-000000000000';
const START = 1_700_000_000;

@Controller('orders')
class OrdersController {
  @Get(':id')
  find(@Param('id') id: string): string {
    if (id === 'missing') {
      throw new NotFoundException();
    }
    return id;
  }
}

/** Records a request of a client and its response, as if it had come at that time. */
async function record(
  app: TestApp,
  client: { userId?: string; ip: string },
  timestamp: number,
  status = 200,
  requestId = `at-${timestamp}`,
): Promise<string> {
  await app.tracker.recordRequest(client, {
    timestamp,
    path: '/orders/1',
    method: 'GET',
    request_id: requestId,
  });
  return app.tracker.recordResponse(client, {
    timestamp: timestamp + 0.02,
    request_id: requestId,
    status_code: status,
    duration_ms: 20,
  });
}

const idsOf = ({ sessions }: SessionPage): string[] =>
  sessions.map(({ session_id }) => session_id);

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

const subjectOf = (line = ''): string | undefined => line.split(' of ')[1];

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .controllers(OrdersController)
      .globalGuard(HeaderUserGuard);

  describe('GET /sessions', () => {
    let app: TestApp;
    const created: string[] = [];

    beforeEach(() => {
      created.length = 0;
    });

    /** 25 clients, a minute apart; every fifth has an error, every other is a user. */
    async function boot25(): Promise<void> {
      app = await shop()
        .tracking({ flush: { intervalMs: 1 } })
        .start();
      for (let i = 0; i < 25; i++) {
        const client = {
          ip: `198.51.100.${i % 10}`,
          ...(i % 2 === 0 ? { userId: `user-${i}` } : {}),
        };
        // Two clients a moment: the order of equals must hold from page to page.
        const timestamp = START + Math.floor(i / 2) * 60;
        created.push(
          await record(
            app,
            i % 2 === 0 ? client : { ip: `203.0.113.${i}` },
            timestamp,
            i % 5 === 0 ? 500 : 200,
          ),
        );
      }
    }

    /** Which of the 25 are listed, by their numbers. */
    async function find(query: string): Promise<number[]> {
      const page = await readAdmin<SessionPage>(app, `sessions?${query}`);
      return idsOf(page)
        .map((id) => created.indexOf(id))
        .toSorted((a, b) => a - b);
    }

    it('pages through all, newest first, none twice and none missing', async () => {
      await boot25();
      const pages: SessionPage[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: SessionPage = await readAdmin(
          app,
          `sessions?limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
        pages.push(page);
        cursor = page.next_cursor;
      }
      expect(pages.map(({ sessions }) => sessions.length)).toEqual([
        7, 7, 7, 4,
      ]);
      const sessions = pages.flatMap((page) => page.sessions);
      const ids = pages.flatMap(idsOf);
      expect(new Set(ids)).toEqual(new Set(created));
      expect(ids).toHaveLength(25);
      const times = sessions.map(({ created_at }) => created_at);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(await readAdmin(app, 'sessions')).toEqual({
        sessions,
        next_cursor: null,
      });
    });

    it('goes on where it was when sessions are added meanwhile', async () => {
      await boot25();
      const first = await readAdmin<SessionPage>(app, 'sessions?limit=20');
      await record(app, { ip: '192.0.2.1' }, START + 100_000);
      const second = await readAdmin<SessionPage>(
        app,
        `sessions?limit=20&cursor=${first.next_cursor}`,
      );
      expect(new Set([...idsOf(first), ...idsOf(second)])).toEqual(
        new Set(created),
      );
      expect(second.sessions).toHaveLength(5);
    });

    it('finds by user, by address, by errors and by time', async () => {
      await boot25();

      expect(await find('user_id=user-4')).toEqual([4]);
      expect(await find('user_id=user-5')).toEqual([]);
      expect(await find('ip=203.0.113.7')).toEqual([7]);
      expect(await find('ip=198.51.100.4')).toEqual([4, 14, 24]);
      expect(await find('ip=::ffff:203.0.113.7')).toEqual([7]);
      expect(await find('ip=192.0.2.9')).toEqual([]);
      expect(await find('has_errors=true')).toEqual([0, 5, 10, 15, 20]);
      expect(await find('has_errors=false&limit=200')).toHaveLength(20);
      expect(await find(`since=${START + 660}`)).toEqual([22, 23, 24]);
      expect(await find(`until=${START + 60}`)).toEqual([0, 1, 2, 3]);
      expect(
        await find(`since=${iso(START + 60)}&until=${iso(START + 120)}`),
      ).toEqual([2, 3, 4, 5]);
      expect(
        await find(`since=${START + 60.5}&until=${START + 179.9}`),
      ).toEqual([4, 5]);
      expect(
        await find(`has_errors=1&ip=198.51.100.0&since=${START + 61}`),
      ).toEqual([10, 20]);
      expect(await find('user_id=user-4&ip=203.0.113.7')).toEqual([]);
    });

    it('pages through what a filter leaves', async () => {
      await boot25();
      const ids: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: SessionPage = await readAdmin(
          app,
          `sessions?limit=2&has_errors=true${cursor === '' ? '' : `&cursor=${cursor}`}`,
        );
        expect(page.sessions.length).toBeLessThanOrEqual(2);
        ids.push(...idsOf(page));
        cursor = page.next_cursor;
      }
      expect(ids.map((id) => created.indexOf(id))).toEqual([20, 15, 10, 5, 0]);
    });

    it('understands the same under a pipe of the host that converts by itself', async () => {
      app = await shop()
        .configure((host) =>
          host.useGlobalPipes(
            new ValidationPipe({
              transform: true,
              transformOptions: { enableImplicitConversion: true },
            }),
          ),
        )
        .start();
      const good = await record(app, { ip: '192.0.2.1' }, START);
      const bad = await record(app, { ip: '192.0.2.2' }, START + 60, 500);
      const list = async (query: string): Promise<string[]> =>
        idsOf(await readAdmin<SessionPage>(app, `sessions?${query}`));
      expect(await list('has_errors=true')).toEqual([bad]);
      expect(await list('has_errors=false')).toEqual([good]);
      expect(await list(`until=${START + 1}`)).toEqual([good]);
      expect(await list('until=2023-11-14T22:13:20Z')).toEqual([good]);
      expect((await askAdmin(app, 'sessions?has_errors=maybe')).status).toBe(
        400,
      );
    });

    it('shows each session with its counters', async () => {
      app = await shop().start();
      await app.http.get('/orders/1', asUser({ id: '42' }));
      await app.http.get('/orders/missing', asUser({ id: '42' }));
      await app.settle(2);
      const { id, info } = await app.stored.only();
      expect(await readAdmin(app, 'sessions')).toMatchObject({
        sessions: [
          {
            session_id: id,
            user_id: '42',
            client_ip: '127.0.0.1',
            created_at: Number(info['created_at']),
            last_seen_at: Number(info['last_seen_at']),
            request_count: 2,
            response_count: 2,
            error_count: 1,
          },
        ],
        next_cursor: null,
      });
    });

    it.each([
      ['limit=0', 'limit'],
      ['limit=201', 'limit'],
      ['limit=ten', 'limit'],
      ['limit=1.5', 'limit'],
      ['limit=1&limit=2', 'limit'],
      ['cursor=', 'cursor'],
      ['cursor=bm90IG91cnM', 'cursor'],
      ['cursor=%27%22%3C', 'cursor'],
      ['has_errors=maybe', 'has_errors'],
      ['since=yesterday', 'since'],
      ['since=-1', 'since'],
      ['since=2026-13-45', 'since'],
      ['since=2026-02-30', 'since'],
      ['since=2026-04-31T12:00:00Z', 'since'],
      ['until=2026-02-29T00:00:00%2B01:00', 'until'],
      ['since=2026-02-02&until=2026-02-01', 'since'],
      ['limit=', 'limit'],
      ['until=tomorrow', 'until'],
      ['until=1e99', 'until'],
      ['user_id=', 'user_id'],
      ['user_id[a]=b', 'user_id'],
      ['ip=', 'ip'],
      ['ip=no-address', 'ip must be an IPv4 or IPv6 address'],
      ['page=2', 'page'],
    ])('refuses %s', async (query, field) => {
      app = await shop().start();
      const { status, text } = await askAdmin(app, `sessions?${query}`);
      expect(status).toBe(400);
      const { message } = JSON.parse(text) as { message: string[] };
      expect(message.join('\n')).toContain(field);
    });

    it('names every wrong field at once', async () => {
      app = await shop().start();
      const { text } = await askAdmin(app, 'sessions?limit=0&since=x&until=y');
      const { message } = JSON.parse(text) as { message: string[] };
      for (const field of ['limit', 'since', 'until']) {
        expect(message.join('\n')).toContain(field);
      }
    });
  });

  describe('GET /sessions/:id', () => {
    it('is the document of the first description, and more', async () => {
      const app = await shop().start();
      for (const order of ['1', 'missing', '2', '3']) {
        await app.http.get(`/orders/${order}`, asUser({ id: '42' }));
      }
      await app.settle(4);
      const { id, info, responses } = await app.stored.only();
      const times = responses
        .map(({ duration_ms }) => duration_ms)
        .toSorted((a, b) => a - b);
      const document = await readAdmin<SessionDocument>(app, `sessions/${id}`);
      expect(document).toMatchObject({
        session_id: id,
        user_id: '42',
        client_ip: '127.0.0.1',
        created_at: Number(info['created_at']),
        last_seen_at: Number(info['last_seen_at']),
        previous_session_id: null,
        analytics: {
          request_count: 4,
          error_count: 1,
          error_rate: 0.25,
          p50: times[1],
          p95: times[3],
          p99: times[3],
          max: times[3],
          by_status: { 200: 3, 404: 1 },
          trimmed: { requests: 0, responses: 0 },
        },
      });
      expect(document.analytics.avg_response_time).toBeCloseTo(
        times.reduce((sum, time) => sum + time, 0) / 4,
        6,
      );
      expect(
        document.analytics.slowest.map(({ duration_ms }) => duration_ms),
      ).toEqual(times.toReversed());
    });

    it('has rates of 0 where nothing was answered yet', async () => {
      const app = await shop().start();
      const id = await app.tracker.recordRequest(
        { ip: '192.0.2.1' },
        { path: '/orders/1', method: 'GET' },
      );
      expect(await readAdmin(app, `sessions/${id}`)).toMatchObject({
        user_id: '',
        analytics: {
          request_count: 1,
          avg_response_time: 0,
          error_count: 0,
          error_rate: 0,
          max: 0,
          slowest: [],
        },
      });
    });
  });

  it('GET /sessions/:id/history is what Redis holds', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1');
    await app.http.get('/orders/missing');
    await app.settle(2);
    const { id, requests, responses } = await app.stored.only();
    const history = await readAdmin<SessionHistory>(
      app,
      `sessions/${id}/history`,
    );
    expect(history).toMatchObject({
      session_id: id,
      info: { client_ip: '127.0.0.1', user_id: '', request_count: 2 },
      requests,
      responses,
    });
    expect(await app.tracker.getSessionHistory(id)).toEqual(history);
  });

  describe('GET /sessions/:id/journey', () => {
    it('joins each request with its response, with the gaps between', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1', { 'x-request-id': 'first' });
      await app.http.get('/orders/missing', { 'x-request-id': 'second' });
      await app.settle(2);
      const { id, requests, responses } = await app.stored.only();
      const { entries, ...head } = await readAdmin<Journey>(
        app,
        `sessions/${id}/journey`,
      );
      expect(head).toEqual({
        session_id: id,
        user_id: '',
        client_ip: '127.0.0.1',
      });
      expect(entries).toMatchObject([
        {
          ...requests[0],
          status_code: 200,
          duration_ms: responses[0]?.duration_ms,
          gap_ms: null,
        },
        {
          ...requests[1],
          status_code: 404,
          duration_ms: responses[1]?.duration_ms,
        },
      ]);
      expect(entries[1]?.gap_ms).toBeCloseTo(
        ((requests[1]?.timestamp ?? 0) - (requests[0]?.timestamp ?? 0)) * 1000,
        2,
      );
    });

    it('joins a repeated x-request-id each time with its own response', async () => {
      const app = await shop().start();
      for (const order of ['1', 'missing', '2']) {
        await app.http.get(`/orders/${order}`, { 'x-request-id': 'retry' });
      }
      await app.settle(3);
      const { id, responses } = await app.stored.only();
      const { entries } = await readAdmin<Journey>(
        app,
        `sessions/${id}/journey`,
      );
      expect(
        entries.map(({ path, status_code, duration_ms }) => ({
          path,
          status_code,
          duration_ms,
        })),
      ).toEqual([
        {
          path: '/orders/1',
          status_code: 200,
          duration_ms: responses[0]?.duration_ms,
        },
        {
          path: '/orders/missing',
          status_code: 404,
          duration_ms: responses[1]?.duration_ms,
        },
        {
          path: '/orders/2',
          status_code: 200,
          duration_ms: responses[2]?.duration_ms,
        },
      ]);
    });

    it('goes in the order of arrival, with null where no response is stored', async () => {
      const app = await shop().start();
      const client = { ip: '192.0.2.1' };
      await record(app, client, START + 10, 201);
      await app.tracker.recordRequest(client, {
        timestamp: START + 12.5,
        path: '/orders/9',
        method: 'POST',
        request_id: 'unanswered',
      });
      const id = await record(app, client, START + 5);
      const { entries } = await readAdmin<Journey>(
        app,
        `sessions/${id}/journey`,
      );
      expect(
        entries.map(({ timestamp, status_code, gap_ms }) => ({
          timestamp,
          status_code,
          gap_ms,
        })),
      ).toEqual([
        { timestamp: START + 5, status_code: 200, gap_ms: null },
        { timestamp: START + 10, status_code: 201, gap_ms: 5000 },
        { timestamp: START + 12.5, status_code: null, gap_ms: 2500 },
      ]);
      expect(entries[2]?.duration_ms).toBeNull();
    });
  });

  describe('DELETE /sessions/:id', () => {
    it('leaves nothing of the session behind, and nothing else out', async () => {
      const app = await shop().start();
      await app.http.get('/orders/1', asUser({ id: '42' }));
      await app.http.get('/orders/2', asUser({ id: '42' }));
      await app.http.get('/orders/3', asUser({ id: '43' }));
      await app.settle(3);
      const id = (await app.tracker.getSessionId({ userId: '42' })) ?? '';
      const otherId = (await app.tracker.getSessionId({ userId: '43' })) ?? '';
      const path = `/admin/analytics/sessions/${id}`;
      const erased = await app.http.send('DELETE', path, { headers: ADMIN });
      expect(erased.status).toBe(200);
      expect(JSON.parse(erased.text)).toEqual({
        erased_sessions: 1,
        erased_requests: 2,
        erased_responses: 2,
      });
      const dump = await app.stored.dump();
      expect(dump).not.toContain(id);
      expect(dump).not.toContain('user:42');
      expect((await app.stored.only()).id).toBe(otherId);
      expect((await app.http.get(path, ADMIN)).status).toBe(404);
      expect(
        (await app.http.send('DELETE', path, { headers: ADMIN })).status,
      ).toBe(404);
      expect((await askAdmin(app, 'users/42')).status).toBe(404);

      await app.http.get('/orders/4', asUser({ id: '42' }));
      await app.settle(4);
      const anew = await app.tracker.getSessionId({ userId: '42' });
      expect(anew).not.toBe(id);
      expect((await app.stored.read(anew ?? '')).requests).toHaveLength(1);
    });
  });

  describe('GET /users/:userId and /ips/:ip', () => {
    it('tell the current and the ended sessions of a client', async () => {
      const app = await shop().start();
      const day = 86_400;
      const client = { userId: 'a/b c', ip: '198.51.100.1' };
      const now = Math.floor(Date.now() / 1000);
      const ended = await record(app, client, now - day - 60);
      const current = await record(app, client, now, 500);
      const path = encodeURIComponent(client.userId);
      expect(await readAdmin(app, `users/${path}`)).toMatchObject({
        user_id: client.userId,
        current_session_id: current,
        sessions: [
          {
            session_id: current,
            previous_session_id: ended,
            error_count: 1,
          },
          { session_id: ended, error_count: 0 },
        ],
      });
      // The address has sessions, but none as an anonymous client.
      expect(await readAdmin(app, 'ips/198.51.100.1')).toMatchObject({
        client_ip: '198.51.100.1',
        current_session_id: null,
        sessions: [{ session_id: current }, { session_id: ended }],
      });
    });

    it('know an anonymous client by any spelling of its address', async () => {
      const app = await shop().start();
      const id = await record(app, { ip: '2001:db8::1' }, Date.now() / 1000);
      for (const spelling of ['2001:db8::1', '2001:DB8:0:0:0:0:0:1']) {
        expect(
          await readAdmin(app, `ips/${encodeURIComponent(spelling)}`),
        ).toMatchObject({
          client_ip: '2001:db8::1',
          current_session_id: id,
          sessions: [{ session_id: id }],
        });
      }
    });
  });

  it.each([
    [`sessions/${NOBODY}`, 'Session not found'],
    [`sessions/${NOBODY}/history`, 'Session not found'],
    [`sessions/${NOBODY}/journey`, 'Session not found'],
    ['sessions/no-uuid', 'Session not found'],
    ['sessions/..%2F..%2Fetc', 'Session not found'],
    ['sessions/*', 'Session not found'],
    ['users/nobody', 'User not found'],
    ['ips/203.0.113.1', 'Address not found'],
    ['ips/no-address', 'Address not found'],
  ])('%s, which nobody knows, is 404', async (path, message) => {
    const app = await shop().start();
    const answer = await askAdmin(app, path);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({
      statusCode: 404,
      message,
    });
  });

  it.each(['index', 'user', 'user:x'])(
    'an id that makes up the name of another key, %s, is 404',
    async (id) => {
      const app = await shop().start();
      await app.http.get('/orders/1', asUser({ id: 'x:info' }));
      await app.settle(1);
      for (const rest of ['', '/history', '/journey']) {
        const answer = await askAdmin(
          app,
          `sessions/${encodeURIComponent(id)}${rest}`,
        );
        expect(answer.status).toBe(404);
      }
    },
  );

  it('GET /health is what the tracker counts', async () => {
    const app = await shop().start();
    await app.http.get('/orders/1');
    await app.settle(1);
    const health = await readAdmin(app, 'health');
    expect(health).toEqual({ ...app.tracker.stats() });
    expect(health).toMatchObject({
      accepted: 2,
      stored: 2,
      dropped: 0,
      queued: 0,
      storeAvailable: true,
      store: 'redis',
    });
  });

  it('no answer may be cached', async () => {
    const app = await shop().start();
    for (const { method, path } of adminRoutes()) {
      const { headers } = await app.http.send(
        method,
        `/admin/analytics/${path}`,
        { headers: ADMIN },
      );
      expect(headers['cache-control']).toBe('no-store');
    }
  });

  it('each access leaves one audit line: who, what, about whom', async () => {
    const log = new RecordedLog();
    const app = await shop().logTo(log).start();
    const audit = (): string[] => log.of('SessionTrackingAudit');
    await askAdmin(app, 'sessions?user_id=42');
    await askAdmin(app, `sessions/${NOBODY}`);
    await askAdmin(app, `sessions/${NOBODY}/history`);
    await app.http.send('DELETE', `/admin/analytics/sessions/${NOBODY}`, {
      headers: asUser({ id: 'ev"il\nroot', roles: ['admin'] }),
    });
    await askAdmin(app, 'users/42');
    await app.http.get('/admin/analytics/health', {
      // A header takes no such character as it is.
      'x-test-user': String.raw`{"id":"toor\u202e","roles":["admin"]}`,
    });
    await app.http.get('/admin/analytics/sessions');
    await app.http.get('/admin/analytics/sessions', asUser({ id: '42' }));

    expect(audit()).toHaveLength(6);
    const [list, one, history, erasure, user, turned] = audit();
    expect(turned).toBe(String.raw`"toor\u{202e}" GET getHealth`);
    expect(list).toMatch(/^"root" GET listSessions/);
    expect(one).toMatch(/^"root" GET getSession of \w+$/);
    expect(erasure).toContain('DELETE eraseSession of ');
    expect(erasure).not.toContain('\n');
    expect(user).toMatch(/^"root" GET getUser of \w+$/);
    expect(subjectOf(history)).toBe(subjectOf(one));
    expect(subjectOf(erasure)).toBe(subjectOf(one));
    expect(subjectOf(user)).not.toBe(subjectOf(one));
    expect(audit().join('\n')).not.toContain(NOBODY);
  });

  it('an audit line tells about which address a query asks, not which it is', async () => {
    const log = new RecordedLog();
    const app = await shop().logTo(log).start();
    for (const ip of ['192.0.2.1', '192.0.2.2', '::ffff:192.0.2.1']) {
      await askAdmin(app, `sessions?ip=${ip}`);
    }
    await askAdmin(app, 'ips/::ffff:192.0.2.1');
    const lines = log.of('SessionTrackingAudit');
    expect(subjectOf(lines.pop() ?? '')).toBe(subjectOf(lines[0] ?? ''));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      expect(line).toMatch(/^"root" GET listSessions of \w+$/);
      expect(line).not.toContain('192.0.2');
    }
    const [one, another, again] = lines.map(subjectOf);
    expect(again).toBe(one);
    expect(another).not.toBe(one);
  });

  describe('without Redis', () => {
    const storeRoutes = adminRoutes().filter(({ path }) => path !== 'health');

    it.each(['killed', 'frozen'] as const)(
      'every answer is 503 within a second: %s',
      async (fate) => {
        const server = await startRedisServer();
        onTestFinished(() => server.stop());
        const app = await shop()
          .onRedis(server)
          .tracking({ flush: { shutdownMs: 50 } })
          .start();
        // A connection that is in use already when it happens.
        expect((await askAdmin(app, 'sessions')).status).toBe(200);
        if (fate === 'killed') {
          await server.kill();
        } else {
          server.pause();
        }
        const answers = await Promise.all(
          storeRoutes.map(({ method, path }) =>
            app.http.send(method, `/admin/analytics/${path}`, {
              headers: ADMIN,
            }),
          ),
        );
        // One after another too: after the first time-out the connection is a new one.
        answers.push(
          await askAdmin(app, 'sessions'),
          await askAdmin(app, 'users/42'),
        );
        for (const { status, text, elapsedMs } of answers) {
          expect(status).toBe(503);
          expect(JSON.parse(text)).toMatchObject({
            statusCode: 503,
            message: 'The session store is unavailable',
          });
          expect(elapsedMs).toBeLessThan(1000);
        }
        expect((await askAdmin(app, 'health')).status).toBe(200);
      },
    );

    it('and again when it is back', async () => {
      const server = await startRedisServer();
      onTestFinished(() => server.stop());
      const app = await shop().onRedis(server).start();
      await server.kill();
      expect((await askAdmin(app, 'sessions')).status).toBe(503);
      await server.restart();
      await expect
        .poll(async () => (await askAdmin(app, 'sessions')).status, {
          timeout: 5000,
        })
        .toBe(200);
    });
  });

  it('the in-memory store answers as well', async () => {
    const app = await bootTestApp(platform)
      .controllers(OrdersController)
      .globalGuard(HeaderUserGuard)
      .start();
    await app.http.get('/orders/1', asUser({ id: '42' }));
    await app.settle(1);
    const { sessions } = await readAdmin<SessionPage>(
      app,
      'sessions?user_id=42',
    );
    expect(sessions).toHaveLength(1);
    const id = sessions[0]?.session_id ?? '';
    expect(await readAdmin(app, `sessions/${id}/journey`)).toMatchObject({
      entries: [{ path: '/orders/1', status_code: 200 }],
    });
    expect(await readAdmin(app, 'health')).toMatchObject({ store: 'memory' });
  });
});
