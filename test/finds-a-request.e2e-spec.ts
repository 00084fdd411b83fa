import type { FoundRequest } from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import { ADMIN, askAdmin, readAdmin } from './support/admin-api.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import type { Answer } from './support/http-client.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

const ask = (app: TestApp, path: string): Promise<Answer> =>
  askAdmin(app, `requests/${path}`);

const find = (app: TestApp, path: string): Promise<FoundRequest> =>
  readAdmin(app, `requests/${path}`);

const idsOf = (entries: readonly { request_id: string }[]): string[] =>
  entries.map(({ request_id }) => request_id);

/** Requests r1 to r8 of a user, among those of others; the fifth fails. */
async function walk(app: TestApp): Promise<void> {
  for (let number = 1; number <= 8; number++) {
    await app.http.get(number === 5 ? '/orders/missing' : '/cart', {
      ...asUser({ id: '42' }),
      'x-request-id': `r${number}`,
    });
    await app.http.get('/cart', asUser({ id: '43' }));
  }
  await app.settle(16);
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .controllers(CartController)
      .globalGuard(HeaderUserGuard);

  it('finds the request that a client complains about, with what lies around it', async () => {
    const app = await shop().start();
    await walk(app);
    const sessionId = await app.tracker.getSessionId({ userId: '42', ip: '' });
    const stored = await app.stored.read(sessionId ?? '');
    const found = await find(app, 'r5?context=2');
    expect(found).toMatchObject({
      session_id: sessionId,
      user_id: '42',
      client_ip: '127.0.0.1',
      request: stored.requests.find(({ request_id }) => request_id === 'r5'),
      response: stored.responses.find(({ request_id }) => request_id === 'r5'),
    });
    expect(found.request).toMatchObject({
      path: '/orders/missing',
      route: '/orders/:id',
    });
    expect(found.response).toMatchObject({
      status_code: 404,
      error: 'NotFoundException',
    });
    expect(idsOf(found.before)).toEqual(['r3', 'r4']);
    expect(idsOf(found.after)).toEqual(['r6', 'r7']);
    expect(found.before[0]).toMatchObject({ status_code: 200 });
  });

  it('shows ten before and after unless told otherwise', async () => {
    const app = await shop().start();
    await walk(app);
    const all = await find(app, 'r5');
    expect(idsOf(all.before)).toEqual(['r1', 'r2', 'r3', 'r4']);
    expect(idsOf(all.after)).toEqual(['r6', 'r7', 'r8']);
    const none = await find(app, 'r5?context=0');
    expect([none.before, none.after]).toEqual([[], []]);
  });

  it('finds the latest where clients repeat an id', async () => {
    const app = await shop().start();
    const send = (path: string, userId: string): Promise<Answer> =>
      app.http.get(path, {
        ...asUser({ id: userId }),
        'x-request-id': 'again',
      });
    await send('/cart', '42');
    await app.tracker.flush();
    await send('/orders/1', '43');
    await send('/orders/2', '43');
    await app.settle(3);
    const found = await find(app, 'again');
    expect(found.user_id).toBe('43');
    expect(found.request.path).toBe('/orders/2');
    expect(idsOf(found.before)).toEqual(['again']);
  });

  it('is 404 for an id nobody sent, for what is none, and once the session is gone', async () => {
    const app = await shop().start();
    await walk(app);
    for (const id of ['nobody', 'a%20b', '*', '%00']) {
      const { status, text } = await ask(app, id);
      expect(status).toBe(404);
      expect(text).toContain('Request not found');
    }
    const sessionId = await app.tracker.getSessionId({ userId: '42', ip: '' });
    await app.http.send('DELETE', `/admin/analytics/sessions/${sessionId}`, {
      headers: ADMIN,
    });
    expect((await ask(app, 'r5')).status).toBe(404);
  });

  it('is 404 once the record is trimmed', async () => {
    const app = await shop().tracking({ maxRecordsPerSession: 2 }).start();
    await walk(app);
    expect((await ask(app, 'r5')).status).toBe(404);
    expect((await ask(app, 'r8')).status).toBe(200);
  });

  it.each(['-1', '101', '1.5', 'many', ''])(
    'refuses a context of %j',
    async (context) => {
      const app = await shop().start();
      const { status, text } = await ask(app, `r5?context=${context}`);
      expect(status).toBe(400);
      expect(text).toContain('context');
    },
  );

  it('leaves an audit line without the id', async () => {
    const log = new RecordedLog();
    const app = await shop().logTo(log).start();
    await ask(app, 'secret-id');
    const [line] = log.of('SessionTrackingAudit');
    expect(line).toMatch(/^"root" GET getRequest of \w+$/);
    expect(line).not.toContain('secret-id');
  });
});
