import type {
  HttpArchive,
  SessionExport,
  UsageReport,
} from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import { readAdmin } from './support/admin-api.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { CartController } from './support/cart.controller.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

const routesAbout = (id: string): string[] => [
  `sessions/${id}`,
  `sessions/${id}/journey`,
  `sessions/${id}/journey?follow=1`,
  'requests/failing',
];

describe.each(PLATFORMS)('on %s', (platform) => {
  /** A user with one failing request, whom sampling follows or leaves out. */
  async function failure(rate: number): Promise<{ app: TestApp; id: string }> {
    const app = await bootTestApp(platform)
      .controllers(CartController)
      .globalGuard(HeaderUserGuard)
      .onRedis(redis)
      .tracking({ sampling: { rate } })
      .start();
    await app.http.get('/orders/missing', {
      ...asUser({ id: '42' }),
      'x-request-id': 'failing',
    });
    await app.settle(1);
    const id = await app.tracker.getSessionId({ userId: '42', ip: '' });
    return { app, id: id ?? '' };
  }

  it('what is told of a client that sampling left out is marked', async () => {
    const { app, id } = await failure(0);
    for (const path of routesAbout(id)) {
      expect(await readAdmin(app, path)).toHaveProperty('partial', true);
    }
    const bundle = await readAdmin<SessionExport>(app, `sessions/${id}/export`);
    expect(bundle).toMatchObject({
      session: { partial: true },
      history: { info: { partial: true } },
      journey: { partial: true },
    });
    const har = await readAdmin<HttpArchive>(
      app,
      `sessions/${id}/export?format=har`,
    );
    expect(har.log).toHaveProperty('_partial', true);
  });

  it('what is told of a client that is followed has no mark', async () => {
    const { app, id } = await failure(1);
    for (const path of [
      ...routesAbout(id),
      `sessions/${id}/export`,
      `sessions/${id}/export?format=har`,
    ]) {
      expect(JSON.stringify(await readAdmin(app, path))).not.toContain(
        'partial',
      );
    }
  });

  it('usage says of which clients it counts the sessions', async () => {
    const { app } = await failure(0.5);
    const { sample } = await readAdmin<UsageReport>(app, 'usage');
    expect(sample).toEqual({ rate: 0.5, weight: 2 });
  });
});
