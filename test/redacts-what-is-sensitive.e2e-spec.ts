import { Controller, Get } from '@nestjs/common';
import {
  CurrentSession,
  type CurrentSessionReference,
  SessionAnalytics,
  type TrackedRecord,
} from 'nestjs-session-tracking';
import { describe, expect, it } from 'vitest';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
  type TestAppBuilder,
} from './support/boot-test-app.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { sendRaw } from './support/raw-http.js';
import { RecordedLog } from './support/recorded-log.js';
import { redisForTests } from './support/redis-for-tests.js';

const redis = redisForTests();

const JWT = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl';
const TOKEN = 'u8lRXTzASBZOBs0B6X57Hwyd1R4kfmXcs0rtaTCbf3E';
const HEX = 'd41d8cd98f00b204e9800998ecf8427e';
const ADDRESS = '203.0.113.77';
const IPV6_ADDRESS = '2001:db8:1:2::77';

/** Everything that clients send in and that must be found nowhere afterwards. */
const SECRETS = [JWT, TOKEN, HEX, 'bob', 's3cret', 'c2lnbmF0dXJl'];

@Controller('accounts')
class AccountsController {
  @Get('login/callback')
  callback(): string {
    return 'fixed words of a route are no secrets';
  }

  @Get('reset-password/:anything')
  reset(): string {
    return 'reset';
  }

  @Get('door/:token/open')
  open(): never {
    throw new Error(`No door for bob@example.com with key ${HEX}`);
  }

  @Get('me')
  me(@CurrentSession() session?: CurrentSessionReference): object {
    return { client: session?.client };
  }

  @Get(':id')
  find(): string {
    return 'found';
  }
}

function fail(): never {
  throw new Error('The redactor is broken');
}

/** Everything that the app let out, as one text. */
interface Traces {
  readonly app: TestApp;
  readonly log: RecordedLog;
  readonly records: TrackedRecord[];
  readonly everything: () => Promise<string>;
}

async function startAndTrace(builder: TestAppBuilder): Promise<Traces> {
  const log = new RecordedLog();
  const app = await builder.logTo(log).start();
  const records: TrackedRecord[] = [];
  app.tracker.records$.subscribe((record) => records.push(record));
  return {
    app,
    log,
    records,
    everything: async () =>
      [
        await app.stored.dump(),
        JSON.stringify(records),
        ...log.lines
          // Nest itself logs what a handler throws.
          .filter(({ context }) => context.startsWith('SessionTracking'))
          .map(({ message }) => message),
      ].join('\n'),
  };
}

/** The paths and queries that were recorded, in order. */
function targetsOf(records: readonly TrackedRecord[]): string[] {
  return records.flatMap((tracked) =>
    tracked.type === 'request'
      ? [
          tracked.record.query === undefined
            ? tracked.record.path
            : `${tracked.record.path}?${tracked.record.query}`,
        ]
      : [],
  );
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const shop = (): TestAppBuilder =>
    bootTestApp(platform).onRedis(redis).controllers(AccountsController);

  it('no secret of a path, a query or an error is found anywhere', async () => {
    const { app, records, everything } = await startAndTrace(
      shop().tracking({ captureErrorMessages: true }),
    );
    const targets = [
      ['/accounts/42', '/accounts/42'],
      ['/accounts/login/callback', '/accounts/login/callback'],
      [
        '/accounts/reset-password/s3cret',
        '/accounts/reset-password/[redacted]',
      ],
      ['/accounts/door/s3cret/open', '/accounts/door/[redacted]/open'],
      ['/accounts/bob@example.com', '/accounts/[redacted]'],
      ['/accounts/bob%40example.com', '/accounts/[redacted]'],
      [`/accounts/${JWT}`, '/accounts/[redacted]'],
      [`/nothing/${TOKEN}/here`, '/nothing/[redacted]/here'],
      [`/nothing/${HEX}`, '/nothing/[redacted]'],
      ['/nothing;jsessionid=s3cret', '/nothing;[redacted]'],
      ['/invite/s3cret', '/invite/[redacted]'],
      [
        '/accounts/42?page=2&q=s3cret&bob@example.com',
        '/accounts/42?page=[redacted]&q=[redacted]&[redacted]',
      ],
      [`/accounts/42?${TOKEN}=1`, '/accounts/42?[redacted]=[redacted]'],
      ['/accounts/%zz?%zz=s3cret', '/accounts/%zz?[redacted]=[redacted]'],
    ];
    for (const [sent = ''] of targets) {
      await sendRaw(
        app.port,
        `GET ${sent} HTTP/1.1\r\nHost: shop.test\r\nConnection: close\r\n\r\n`,
      );
    }
    await app.settle(targets.length);
    expect(targetsOf(records)).toEqual(targets.map(([, stored]) => stored));
    expect(
      records.flatMap(({ type, record }) =>
        type === 'response' && record.error_message !== undefined
          ? [record.error_message]
          : [],
      ),
    ).toContain('No door for [redacted] with key [redacted]');
    const found = await everything();
    expect(SECRETS.filter((secret) => found.includes(secret))).toEqual([]);
  });

  it('what a host records by itself is redacted, too', async () => {
    const { app, everything } = await startAndTrace(shop());
    await Promise.all([
      app.tracker.recordRequest(
        { ip: ADDRESS },
        {
          path: `/jobs/${TOKEN}/s3cret?q=s3cret`,
          route: '/jobs/:id/:password',
          method: 'POST',
          request_id: 'a',
        },
      ),
      app.tracker.recordResponse(
        { ip: ADDRESS },
        {
          request_id: 'a',
          status_code: 500,
          duration_ms: 1,
          error_message: `refused ${JWT} of bob@example.com`,
        },
      ),
    ]);
    const found = await everything();
    expect(found).toContain('/jobs/[redacted]/[redacted]');
    expect(SECRETS.filter((secret) => found.includes(secret))).toEqual([]);
  });

  it('the author adds paths, lets values through and has the last word', async () => {
    const { app, records } = await startAndTrace(
      shop()
        .prefix('api')
        .tracking({
          redactPaths: {
            paths: ['/partners/*'],
            redact: (path) => path.replace('/accounts/', '/a/'),
          },
          redactQuery: { allow: ['page'] },
        }),
    );
    await app.http.get('/api/partners/acme');
    await app.http.get('/api/accounts/42?page=2&q=x');
    await app.settle(2);
    expect(targetsOf(records)).toEqual([
      '/api/partners/[redacted]',
      '/api/a/42?page=2&q=[redacted]',
    ]);
  });

  it('a redactor that throws is counted and hides everything', async () => {
    const { app, records } = await startAndTrace(
      shop().tracking({ redactPaths: fail, redactQuery: fail }),
    );
    const { status } = await app.http.get('/accounts/42?page=2');
    await app.settle(1);
    expect(status).toBe(200);
    expect(targetsOf(records)).toEqual(['[redacted]?page=[redacted]']);
    expect(app.tracker.stats().callbackErrors).toBe(2);
  });

  it.each([
    [ADDRESS, '203.0.113.0', '203.0.113.200'],
    [`::ffff:${ADDRESS}`, '203.0.113.0', '203.0.113.200'],
    [IPV6_ADDRESS, '2001:db8:1::', '2001:db8:1:ffff::1'],
  ])(
    'of %s only the network is kept where that is wanted',
    async (address, network, neighbour) => {
      const { app, log, records, everything } = await startAndTrace(
        shop()
          .trustProxy('loopback')
          .tracking({
            anonymizeIp: 'truncate',
            admin: { guards: [HeaderUserGuard] },
          }),
      );
      const from = { 'x-forwarded-for': address };
      await app.http.get('/accounts/42', from);
      await app.http.get('/accounts/43', { 'x-forwarded-for': neighbour });
      const { text } = await app.http.get('/accounts/me', from);
      await app.settle(3);
      expect(JSON.parse(text)).toEqual({ client: { ip: network } });

      const { id, info } = await app.stored.only();
      expect(info['client_ip']).toBe(network);
      expect(new Set(records.map(({ client_ip }) => client_ip))).toEqual(
        new Set([network]),
      );
      expect(await app.tracker.getSessionId({ ip: address })).toBe(id);
      const analytics = app.app.get(SessionAnalytics, { strict: false });
      expect(await analytics.getClient({ ip: neighbour })).toMatchObject({
        client_ip: network,
        current_session_id: id,
      });

      const admin = asUser({ id: 'root', roles: ['admin'] });
      const base = '/admin/analytics';
      const answers = await Promise.all(
        [address, network]
          .map(encodeURIComponent)
          .flatMap((ip) => [`${base}/ips/${ip}`, `${base}/sessions?ip=${ip}`])
          .map((path) => app.http.get(path, admin)),
      );
      for (const answer of answers) {
        expect(answer.status).toBe(200);
        expect(answer.text).toContain(id);
        expect(answer.text).not.toContain(address);
      }
      expect(log.of('SessionTrackingAudit')).toHaveLength(4);
      const found = await everything();
      expect(found).toContain(network);
      expect(found).not.toContain(address);
      expect(found).not.toContain(neighbour);
    },
  );
});
