import type {
  ClientExport,
  ClientSessions,
  ClientsReport,
  ErasureReport,
  HttpArchive,
  SessionExport,
} from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import { findHarFaults } from '../libs/session-tracking/testing/har-rules.js';
import { askAdmin, readAdmin } from './support/admin-api.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

const NOBODY = '00000000-0000-4000-8000-000000000000';

const NOTHING: ErasureReport = {
  erased_sessions: 0,
  erased_requests: 0,
  erased_responses: 0,
};

async function erase(app: TestApp, path: string): Promise<ErasureReport> {
  const { status, text } = await askAdmin(app, path, 'DELETE');
  expect(status).toBe(200);
  return JSON.parse(text) as ErasureReport;
}

/** What the totals of an export add up to, however many slots the test ran over. */
function countIn({ totals }: ClientExport): {
  requests: number;
  errors: number;
} {
  const sum = { requests: 0, errors: 0 };
  for (const { requests, errors } of totals) {
    sum.requests += requests;
    sum.errors += errors;
  }
  return sum;
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shopInMemory = () =>
    bootTestApp(platform)
      .controllers(CartController)
      .globalGuard(HeaderUserGuard);
  const shop = () => shopInMemory().onRedis(redis);

  /** A user with two requests, and a visitor at the same address with one. */
  async function traffic(
    host = shop(),
  ): Promise<{ app: TestApp; sessionId: string }> {
    const app = await host.start();
    await app.http.get('/cart?page=2', {
      ...asUser({ id: '42' }),
      'x-request-id': 'first',
    });
    await app.http.get('/orders/missing', asUser({ id: '42' }));
    await app.http.get('/cart');
    await app.settle(3);
    const sessionId = await app.tracker.getSessionId({ userId: '42', ip: '' });
    return { app, sessionId: sessionId ?? '' };
  }

  it('a session as one JSON document', async () => {
    const { app, sessionId } = await traffic();
    const { headers, text } = await askAdmin(
      app,
      `sessions/${sessionId}/export`,
    );
    expect(headers['content-type']).toContain('application/json');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="session-${sessionId}.json"`,
    );
    expect(headers['cache-control']).toBe('no-store');
    const document = JSON.parse(text) as SessionExport;
    expect(document).toEqual({
      exported_at: document.exported_at,
      session: await readAdmin(app, `sessions/${sessionId}`),
      history: await readAdmin(app, `sessions/${sessionId}/history`),
      journey: await readAdmin(app, `sessions/${sessionId}/journey`),
    });
    expect(Math.abs(document.exported_at - Date.now() / 1000)).toBeLessThan(60);
  });

  it('a session as an HTTP archive', async () => {
    const { app, sessionId } = await traffic();
    const { headers, text } = await askAdmin(
      app,
      `sessions/${sessionId}/export?format=har`,
    );
    expect(headers['content-type']).toContain('application/json');
    expect(headers['content-disposition']).toBe(
      `attachment; filename="session-${sessionId}.har"`,
    );
    const archive = JSON.parse(text) as HttpArchive;
    expect(findHarFaults(archive)).toEqual([]);
    const { requests, responses } = await app.stored.read(sessionId);
    expect(archive.log.entries).toMatchObject([
      {
        startedDateTime: new Date(
          (requests[0]?.timestamp ?? 0) * 1000,
        ).toISOString(),
        time: responses[0]?.duration_ms,
        request: {
          method: 'GET',
          url: 'http://application.invalid/cart?page=%5Bredacted%5D',
          queryString: [{ name: 'page', value: '[redacted]' }],
          headers: [{ name: 'x-request-id', value: 'first' }],
        },
        response: { status: 200, statusText: 'OK' },
        _route: '/cart',
        _handler: 'CartController.show',
      },
      {
        response: { status: 404, statusText: 'Not Found' },
        _route: '/orders/:id',
        _error: 'NotFoundException',
      },
    ]);
  });

  it('everything held about a user', async () => {
    const { app, sessionId } = await traffic();
    const user = await askAdmin(app, 'users/42/export');
    expect(user.headers['content-disposition']).toBe(
      'attachment; filename="user.json"',
    );
    expect(user.headers['cache-control']).toBe('no-store');
    const document = JSON.parse(user.text) as ClientExport;
    expect(document).toEqual({
      user_id: '42',
      exported_at: document.exported_at,
      current_session_id: sessionId,
      totals: document.totals,
      sessions: [await readAdmin(app, `sessions/${sessionId}/history`)],
    });
    expect(countIn(document)).toEqual({ requests: 2, errors: 1 });
    expect(await app.tracker.exportClient({ userId: '42' })).toEqual({
      ...document,
      exported_at: expect.any(Number),
    });
  });

  describe.each([
    ['Redis', shop],
    ['memory', shopInMemory],
  ])('about an address, in %s', (_store, host) => {
    it('everything held, and nothing of users who were there', async () => {
      const { app, sessionId } = await traffic(host());
      const id = await app.tracker.getSessionId({ ip: '127.0.0.1' });
      const { text } = await askAdmin(
        app,
        `ips/${encodeURIComponent('::ffff:127.0.0.1')}/export`,
      );
      expect(text).not.toContain(sessionId);
      const document = JSON.parse(text) as ClientExport;
      expect(document).toEqual({
        client_ip: '127.0.0.1',
        exported_at: document.exported_at,
        current_session_id: id,
        totals: document.totals,
        sessions: [await readAdmin(app, `sessions/${id}/history`)],
      });
      expect(countIn(document)).toEqual({ requests: 1, errors: 0 });
      expect(await app.tracker.exportClient({ ip: '127.0.0.1' })).toEqual({
        ...document,
        exported_at: expect.any(Number),
      });
      // Who looks into a case still sees whose sessions began there.
      const listed = await readAdmin<ClientSessions>(app, 'ips/127.0.0.1');
      expect(listed.sessions.map(({ user_id }) => user_id)).toEqual(['', '42']);
    });

    it('nothing where everybody was signed in', async () => {
      const app = await host().start();
      await app.http.get('/cart', asUser({ id: '42' }));
      await app.settle(1);
      expect((await askAdmin(app, 'ips/127.0.0.1/export')).status).toBe(404);
      expect((await askAdmin(app, 'ips/127.0.0.1')).status).toBe(200);
    });
  });

  it('erases a user and nobody else', async () => {
    const { app } = await traffic();
    expect(await erase(app, 'users/42')).toEqual({
      erased_sessions: 1,
      erased_requests: 2,
      erased_responses: 2,
    });
    for (const path of ['users/42', 'users/42/export', 'requests/first']) {
      expect((await askAdmin(app, path)).status).toBe(404);
    }
    expect(await erase(app, 'users/42')).toEqual(NOTHING);
    const address = await readAdmin<ClientExport>(app, 'ips/127.0.0.1/export');
    expect(address.sessions.map(({ info }) => info.user_id)).toEqual(['']);
  });

  it('erases an address, and leaves the sessions of users without it', async () => {
    const { app, sessionId } = await traffic();
    const { status } = await askAdmin(app, 'ips/127.0.0.1', 'DELETE');
    expect(status).toBe(200);
    expect((await askAdmin(app, 'ips/127.0.0.1')).status).toBe(404);
    const left = await readAdmin<object>(app, `sessions/${sessionId}`);
    expect(JSON.stringify(left)).not.toContain('127.0.0.1');
    expect(await app.stored.dump()).not.toContain('127.0.0.1');
  });

  it.each(['users/nobody', 'ips/192.0.2.9'])(
    'erases %s, of whom nothing is held, and says so',
    async (path) => {
      const app = await shop().start();
      expect(await erase(app, path)).toEqual(NOTHING);
    },
  );

  it('does not take for erased what is no address', async () => {
    const { status, text } = await askAdmin(
      await shop().start(),
      'ips/192.0.2.999',
      'DELETE',
    );
    expect(status).toBe(404);
    expect(text).toContain('Address not found');
  });

  it('erases the totals of a user whom sampling left out', async () => {
    const app = await shop()
      .tracking({ sampling: { rate: 0 } })
      .start();
    await app.http.get('/cart', asUser({ id: 'left-out' }));
    await app.settle(1);
    const named = async (): Promise<(string | undefined)[]> => {
      const { clients } = await readAdmin<ClientsReport>(app, 'clients');
      return clients.map(({ user_id }) => user_id);
    };
    expect(await named()).toEqual(['left-out']);
    expect(await erase(app, 'users/left-out')).toEqual(NOTHING);
    expect(await named()).toEqual([]);
    expect(await app.stored.dump()).not.toContain('left-out');
  });

  it('erases in code as well', async () => {
    const { app } = await traffic();
    expect(await app.tracker.eraseClient({ userId: '42' })).toEqual({
      erased_sessions: 1,
      erased_requests: 2,
      erased_responses: 2,
    });
    expect(await app.tracker.eraseClient({ userId: '42' })).toEqual(NOTHING);
    expect(await app.tracker.exportClient({ ip: '192.0.2.9' })).toEqual({
      client_ip: '192.0.2.9',
      exported_at: expect.any(Number),
      current_session_id: null,
      totals: [],
      sessions: [],
    });
  });

  it.each([{ ip: 'nowhere' }, { ip: '' }, { userId: '', ip: '192.0.2' }])(
    'does not act in code as if %j were a client',
    async (client) => {
      const { app } = await traffic();
      for (const acted of [
        app.tracker.eraseClient(client),
        app.tracker.exportClient(client),
      ]) {
        await expect(acted).rejects.toThrow(/^client must have a userId, or/);
      }
    },
  );

  it.each([
    [`sessions/${NOBODY}/export`, 'Session not found'],
    [`sessions/${NOBODY}/export?format=har`, 'Session not found'],
    ['sessions/..%2f..%22%0d%0a/export', 'Session not found'],
    ['users/nobody/export', 'User not found'],
    ['ips/192.0.2.9/export', 'Address not found'],
    ['ips/nowhere/export', 'Address not found'],
  ])('%s is 404', async (path, message) => {
    const { status, text, headers } = await askAdmin(
      await shop().start(),
      path,
    );
    expect(status).toBe(404);
    expect(text).toContain(message);
    expect(headers['content-disposition']).toBeUndefined();
  });

  it('refuses another format', async () => {
    const app = await shop().start();
    const { status, text } = await askAdmin(
      app,
      `sessions/${NOBODY}/export?format=csv`,
    );
    expect(status).toBe(400);
    expect(text).toContain('format');
  });
});
