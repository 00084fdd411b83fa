import { ValidationPipe, VersioningType } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { ADMIN } from './support/admin-api.js';
import { adminParameters } from './support/admin-parameters.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { HeaderUserGuard } from './support/guards.js';

/** A parameter of the path that names nothing is answered so, instead of with a 400. */
interface PathAnswer {
  readonly value: string;
  readonly status: 200 | 404;
  /** What the answer has to say. */
  readonly says: string;
}

const SESSION: PathAnswer = {
  value: 'no-uuid',
  status: 404,
  says: 'Session not found',
};
const USER: PathAnswer = {
  value: 'nobody',
  status: 404,
  says: 'User not found',
};
const ADDRESS: PathAnswer = {
  value: 'no-address',
  status: 404,
  says: 'Address not found',
};
/** Any text is the id of a user, and an erasure says that nothing was held. */
const ERASED_USER: PathAnswer = {
  value: 'nobody',
  status: 200,
  says: '"erased_sessions":0',
};

const WINDOW = { window: 'soon', since: 'yesterday', until: 'tomorrow' };

/** For each route and each of its parameters a value that is wrong. */
const WRONG: Readonly<
  Record<string, Readonly<Record<string, string | PathAnswer>>>
> = {
  'GET sessions': {
    limit: '0',
    cursor: 'page-two',
    user_id: '',
    ip: '',
    has_errors: 'maybe',
    since: 'yesterday',
    until: 'tomorrow',
  },
  'GET sessions/:id': { id: SESSION },
  'GET sessions/:id/history': { id: SESSION },
  'GET sessions/:id/journey': { id: SESSION, follow: 'perhaps' },
  'GET sessions/:id/export': { id: SESSION, format: 'csv' },
  'DELETE sessions/:id': { id: SESSION },
  'GET users/:userId': { userId: USER },
  'GET users/:userId/export': { userId: USER },
  'DELETE users/:userId': { userId: ERASED_USER },
  'GET ips/:ip': { ip: ADDRESS },
  'GET ips/:ip/export': { ip: ADDRESS },
  'DELETE ips/:ip': { ip: ADDRESS },
  'GET requests/:requestId': {
    requestId: { value: 'no id', status: 404, says: 'Request not found' },
    context: '',
  },
  'GET endpoints': { ...WINDOW, user_id: '', ip: '', limit: '1001' },
  'GET usage': { ...WINDOW, step: '5 minutes' },
  'GET clients': { ...WINDOW, sort: 'name', limit: '1.5' },
  'GET journeys': { ...WINDOW },
  'GET funnel': { ...WINDOW, steps: 'GET /cart' },
  'GET live': { user_id: '', ip: 'nowhere', method: '', route: '' },
  'GET health': {},
};

/** Parameters without which a route answers nothing. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'GET funnel': { steps: 'GET /cart,POST /orders' },
};

/** Asks a route with one parameter as given, and all others as they should be. */
async function ask(
  app: TestApp,
  route: string,
  parameter: string,
  value: string,
): Promise<{ status: number; text: string }> {
  const [method, template = ''] = route.split(' ');
  const inPath = template.includes(`:${parameter}`);
  const path = template.replaceAll(/:\w+/g, (name) =>
    inPath && name === `:${parameter}` ? encodeURIComponent(value) : 'any',
  );
  const query = new URLSearchParams({
    ...NEEDED[route],
    ...(inPath ? {} : { [parameter]: value }),
  });
  return app.http.send(
    method === 'DELETE' ? 'DELETE' : 'GET',
    `/api/admin/analytics/${path}?${query.toString()}`,
    { headers: ADMIN },
  );
}

/** The fields that a 400 names: each of its messages begins with one. */
function fieldsNamed(text: string): string[] {
  const { message } = JSON.parse(text) as { message: string[] };
  return [...new Set(message.map((line) => line.split(' ')[0] ?? ''))];
}

const HOST_PIPES: [string, ValidationPipe[]][] = [
  ['no pipe', []],
  [
    'a strict pipe',
    [
      new ValidationPipe({
        whitelist: true,
        forbidNonWhitelisted: true,
        transform: true,
      }),
    ],
  ],
  [
    'a pipe that converts by type',
    [
      new ValidationPipe({
        transform: true,
        transformOptions: { enableImplicitConversion: true },
      }),
    ],
  ],
];

describe.each(PLATFORMS)('on %s', (platform) => {
  it.each([
    [
      'funnel',
      'steps must be methods and routes with commas between, such as GET /cart,POST /orders',
    ],
    [
      'sessions?since=2026-02-30',
      'since must be Unix time in seconds or an ISO 8601 date',
    ],
    ['sessions?cursor=a&cursor=b', 'cursor must be a string'],
    ['sessions?limit=', 'limit must be an integer number'],
    ['sessions?limit=201', 'limit must not be greater than 200'],
  ])('says one thing of a wrong parameter: %s', async (path, message) => {
    const app = await bootTestApp(platform)
      .tracking({ admin: { guards: [HeaderUserGuard] } })
      .start();
    const { text } = await app.http.get(`/admin/analytics/${path}`, ADMIN);
    expect(JSON.parse(text)).toMatchObject({ message: [message] });
  });

  describe.each(HOST_PIPES)(
    'below a global prefix and a version, with %s of the host',
    (_pipe, pipes) => {
      const start = (): Promise<TestApp> =>
        bootTestApp(platform)
          .prefix('api')
          .configure((app) => {
            app.enableVersioning({
              type: VersioningType.URI,
              defaultVersion: '1',
            });
            app.useGlobalPipes(...pipes);
          })
          .tracking({ admin: { guards: [HeaderUserGuard] } })
          .start();

      it('the table has every parameter of every route', async () => {
        const app = await start();
        expect(
          Object.fromEntries(
            Object.entries(WRONG).map(([route, values]) => [
              route,
              Object.keys(values).toSorted(),
            ]),
          ),
        ).toEqual(adminParameters(app));
      });

      it.each(Object.entries(WRONG))('%s', async (route, values) => {
        const app = await start();
        for (const [parameter, wrong] of Object.entries(values)) {
          if (typeof wrong === 'string') {
            const { status, text } = await ask(app, route, parameter, wrong);
            expect({ parameter, status }).toEqual({ parameter, status: 400 });
            expect(fieldsNamed(text)).toEqual([parameter]);
          } else {
            const answer = await ask(app, route, parameter, wrong.value);
            expect(answer.status).toBe(wrong.status);
            expect(answer.text).toContain(wrong.says);
          }
        }
      });
    },
  );
});
