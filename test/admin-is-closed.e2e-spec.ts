import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  ForbiddenException,
  Get,
  Inject,
  Injectable,
  Module,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
  VersioningType,
} from '@nestjs/common';
import {
  AdminGuardError,
  type AdminOptions,
  Roles,
  RolesGuard,
  SessionTrackingModule,
} from 'nestjs-session-tracking';
import { NEVER, type Observable, of, throwError } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startRedisServer } from '../libs/session-tracking/testing/redis-server.js';
import { ADMIN } from './support/admin-api.js';
import { adminRoutes } from './support/admin-routes.js';
import {
  bootTestApp,
  PLATFORMS,
  type TestApp,
} from './support/boot-test-app.js';
import { asUser, HeaderUserGuard } from './support/guards.js';
import { RecordedLog } from './support/recorded-log.js';

/** Asks every admin route, the live stream too, and answers the statuses that came, each once. */
async function statusesOf(
  app: TestApp,
  headers: Record<string, string> = {},
  base = '/admin/analytics',
): Promise<number[]> {
  const statuses = new Set<number>();
  for (const { method, path } of adminRoutes()) {
    const answer = await app.http.send(method, `${base}/${path}`, { headers });
    statuses.add(answer.status);
  }
  // The live stream, which without a body ends at once.
  const live = await app.http.send('HEAD', `${base}/live`, { headers });
  statuses.add(live.status);
  return [...statuses].toSorted((a, b) => a - b);
}

/** What an admin gets whom everything is open to: data, and 404 for clients nobody knows. */
const OPEN = [200, 404];

@Controller('books')
@UseGuards(HeaderUserGuard, RolesGuard)
class BooksController {
  @Get()
  all(): string[] {
    return [];
  }

  @Get('drafts')
  @Roles(['support'])
  drafts(): string[] {
    return [];
  }
}

/** A service that a guard needs, in a module that is not global. */
@Injectable()
class TokenTable {
  userOf(token: unknown): object | undefined {
    return token === 'let me in' ? { id: 'root', roles: ['admin'] } : undefined;
  }
}

@Injectable()
class TokenGuard implements CanActivate {
  constructor(@Inject(TokenTable) private readonly tokens: TokenTable) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    request.user = this.tokens.userOf(request.headers['x-token']);
    if (request.user === undefined) {
      throw new UnauthorizedException();
    }
    return true;
  }
}

@Module({ providers: [TokenTable, TokenGuard], exports: [TokenGuard] })
class TokenModule {}

@Module({ providers: [TokenTable], exports: [TokenTable] })
class TokenTableModule {}

/** Says who the user is, and then something else. */
function guardThat(
  verdict: () => boolean | Promise<boolean> | Observable<boolean>,
): CanActivate {
  return {
    canActivate(context) {
      context.switchToHttp().getRequest().user = { roles: ['admin'] };
      return verdict();
    },
  };
}

function guardThatSets(user: object): CanActivate {
  return {
    canActivate(context) {
      context.switchToHttp().getRequest().user = user;
      return true;
    },
  };
}

/** A user of whom one thing cannot be read. */
function throwing(property: string, user: object): object {
  return Object.defineProperty({ ...user }, property, {
    get() {
      throw new Error('The directory is away');
    },
  });
}

/** An entity that asks its database for its roles when they are read. */
function withRolesThatReject(): object {
  return {
    get roles() {
      return Promise.reject(new Error('The directory is away'));
    },
  };
}

describe.each(PLATFORMS)('on %s', (platform) => {
  const withAdmin = (admin: AdminOptions = {}) =>
    bootTestApp(platform).tracking({
      admin: { guards: [HeaderUserGuard], ...admin },
    });

  it('the list of routes is complete', () => {
    expect(adminRoutes()).toHaveLength(19);
  });

  describe('every admin route', () => {
    it('is closed when nothing is configured', async () => {
      const app = await bootTestApp(platform).start();
      expect(await statusesOf(app)).toEqual([401]);
      expect(await statusesOf(app, ADMIN)).toEqual([401]);
    });

    it('is closed to users without the role when no guard is configured', async () => {
      const app = await bootTestApp(platform)
        .globalGuard(HeaderUserGuard)
        .start();
      expect(await statusesOf(app)).toEqual([401]);
      expect(await statusesOf(app, asUser({ id: '42' }))).toEqual([403]);
      expect(await statusesOf(app, ADMIN)).toEqual(OPEN);
    });

    it.each<[string, unknown, number[]]>([
      ['nobody', undefined, [401]],
      ['null', null, [401]],
      ['a text', 'admin', [401]],
      ['a user without roles', { id: '42' }, [403]],
      ['another role', { role: 'user' }, [403]],
      ['the role', { role: 'admin' }, OPEN],
      ['the role among others', { roles: ['user', 'admin'] }, OPEN],
      ['the role as a text in roles', { roles: 'admin' }, OPEN],
      ['the role as a list in role', { role: ['admin'] }, OPEN],
      ['an empty list', { roles: [] }, [403]],
      ['an empty text', { roles: '', role: '' }, [403]],
      ['a longer name', { roles: ['administrator'] }, [403]],
      ['a longer text', { role: 'administrator' }, [403]],
      ['a text that holds it', { roles: 'user,admin' }, [403]],
      ['other letters', { role: 'Admin' }, [403]],
      ['an object', { roles: { admin: true } }, [403]],
      ['a list of objects', { roles: [{ name: 'admin' }] }, [403]],
      ['true', { roles: true, role: true }, [403]],
      ['a number', { roles: 1 }, [403]],
      ['null as roles', { roles: null, role: null }, [403]],
      ['lists in lists in lists', { roles: [[['admin']]] }, [403]],
      ['one role of two fields', { roles: ['user'], role: 'admin' }, OPEN],
    ])('for %s', async (_case, user, statuses) => {
      const app = await bootTestApp(platform)
        .tracking({ admin: { guards: [HeaderUserGuard] } })
        .start();
      expect(
        await statusesOf(app, user === undefined ? {} : asUser(user)),
      ).toEqual(statuses);
    });

    it.each<[string, unknown, number[]]>([
      ['undefined', undefined, [403]],
      ['a Set', new Set(['admin']), [403]],
      ['a Map', new Map([['admin', true]]), [403]],
      ['a String object', Object('admin'), [403]],
      ['a function', () => 'admin', [403]],
      ['what toString() calls admin', { toString: () => 'admin' }, [403]],
    ])('for roles as %s', async (_case, roles, statuses) => {
      const app = await bootTestApp(platform)
        .tracking({
          admin: { guards: [guardThatSets({ roles })] },
        })
        .start();
      expect(await statusesOf(app)).toEqual(statuses);
    });

    it.each<[string, object, number[]]>([
      ['the roles', throwing('roles', { role: 'admin' }), [403]],
      ['the role', throwing('role', { roles: ['admin'] }), [403]],
      ['roles that load later', withRolesThatReject(), [403]],
      ['an id', throwing('id', { roles: ['admin'] }), OPEN],
    ])('when %s cannot be read', async (_case, user, statuses) => {
      const log = new RecordedLog();
      const app = await withAdmin({ guards: [guardThatSets(user)] })
        .logTo(log)
        .start();
      expect(await statusesOf(app)).toEqual(statuses);
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      const audit = log.of('SessionTrackingAudit');
      expect(audit).toHaveLength(
        statuses === OPEN ? adminRoutes().length + 1 : 0,
      );
      for (const line of audit) {
        expect(line).toMatch(/^"unknown" /);
      }
    });

    it('is closed when the user itself cannot be read', async () => {
      const log = new RecordedLog();
      const app = await withAdmin({
        guards: [
          {
            canActivate(context) {
              Object.defineProperty(
                context.switchToHttp().getRequest(),
                'user',
                {
                  get() {
                    throw new Error('The directory is away');
                  },
                },
              );
              return true;
            },
          },
        ],
      })
        .logTo(log)
        .start();
      expect(await statusesOf(app)).toEqual([401]);
      expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });

    it('takes other roles when told to', async () => {
      const app = await bootTestApp(platform)
        .tracking({
          admin: { guards: [HeaderUserGuard], roles: ['support', 'ops'] },
        })
        .start();
      expect(await statusesOf(app, asUser({ role: 'ops' }))).toEqual(OPEN);
      expect(await statusesOf(app, ADMIN)).toEqual([403]);
    });

    it('takes nobody when no role is named', async () => {
      const app = await bootTestApp(platform)
        .tracking({ admin: { guards: [HeaderUserGuard], roles: [] } })
        .start();
      expect(await statusesOf(app, ADMIN)).toEqual([403]);
      expect(await statusesOf(app, asUser({ role: '' }))).toEqual([403]);
    });
  });

  describe('a guard of the host', () => {
    it.each<
      [string, () => boolean | Promise<boolean> | Observable<boolean>, number[]]
    >([
      ['that denies', () => false, [403]],
      ['that denies later', () => Promise.resolve(false), [403]],
      ['that denies by Observable', () => of(false), [403]],
      ['whose last word is no', () => of(true, false), [403]],
      ['that passes by Promise', () => Promise.resolve(true), OPEN],
      ['that passes by Observable', () => of(true), OPEN],
      [
        'that throws 401',
        () => {
          throw new UnauthorizedException();
        },
        [401],
      ],
      [
        'that rejects with 403',
        () => Promise.reject(new ForbiddenException()),
        [403],
      ],
      [
        'that throws something else',
        () => {
          throw new Error('out of order');
        },
        [500],
      ],
      [
        'whose Observable fails',
        () => throwError(() => new UnauthorizedException()),
        [401],
      ],
    ])('%s', async (_case, verdict, statuses) => {
      const app = await bootTestApp(platform)
        .tracking({ admin: { guards: [guardThat(verdict)] } })
        .start();
      expect(await statusesOf(app)).toEqual(statuses);
    });

    it('whose Observable ends without a word denies', async () => {
      const app = await bootTestApp(platform)
        .tracking({ admin: { guards: [guardThat(() => of())] } })
        .start();
      expect(await statusesOf(app)).toEqual([403]);
    });

    it('that has let nobody in yet lets nobody in', async () => {
      const app = await bootTestApp(platform)
        .tracking({ admin: { guards: [guardThat(() => NEVER)] } })
        .forceCloseConnections()
        .start();
      const answered = app.http.get('/admin/analytics/sessions').then(
        () => 'answered',
        () => 'cut off',
      );
      await app.stop();
      expect(await answered).toBe('cut off');
    });

    it('is asked in order, and the first no is the last word', async () => {
      const asked: string[] = [];
      const guard = (name: string, verdict: boolean): CanActivate =>
        guardThat(() => {
          asked.push(name);
          return verdict;
        });
      const app = await bootTestApp(platform)
        .tracking({
          admin: {
            guards: [
              guard('first', true),
              guard('second', false),
              guard('third', true),
            ],
          },
        })
        .start();
      const { status } = await app.http.get('/admin/analytics/sessions');
      expect(status).toBe(403);
      expect(asked).toEqual(['first', 'second']);
    });

    it.each([
      ['provided by a module of the host', [TokenModule], []],
      ['that only its dependency is provided for', [], [TokenTableModule]],
    ])('with dependencies, %s', async (_case, hostImports, trackingImports) => {
      const app = await bootTestApp(platform)
        .imports(...hostImports)
        .tracking({
          imports: trackingImports,
          admin: { guards: [TokenGuard] },
        })
        .start();
      expect(await statusesOf(app)).toEqual([401]);
      expect(await statusesOf(app, { 'x-token': 'wrong' })).toEqual([401]);
      expect(await statusesOf(app, { 'x-token': 'let me in' })).toEqual(OPEN);
    });

    it('that cannot be built stops the app and says what to do', async () => {
      const starting = bootTestApp(platform)
        .tracking({ admin: { guards: [TokenGuard] } })
        .start();
      await expect(starting).rejects.toThrow(AdminGuardError);
      await expect(starting).rejects.toThrow(
        /admin\.guards: TokenGuard cannot be built .*TokenTable.*imports/s,
      );
    });

    it('is kept when the options come from a factory', async () => {
      const app = await bootTestApp(platform)
        .trackingBy((keyPrefix) =>
          SessionTrackingModule.forRootAsync({
            admin: { guards: [HeaderUserGuard], roles: ['ops'] },
            useFactory: async () => ({ keyPrefix }),
          }),
        )
        .start();
      expect(await statusesOf(app)).toEqual([401]);
      expect(await statusesOf(app, ADMIN)).toEqual([403]);
      expect(await statusesOf(app, asUser({ role: 'ops' }))).toEqual(OPEN);
    });

    it('is missing when the options come from a factory and nothing is said', async () => {
      const app = await bootTestApp(platform)
        .trackingBy(() =>
          SessionTrackingModule.forRootAsync({ useFactory: () => ({}) }),
        )
        .start();
      expect(await statusesOf(app)).toEqual([401]);
    });
  });

  describe('where the admin API is', () => {
    it('admin: false: nowhere', async () => {
      const app = await bootTestApp(platform)
        .tracking({ admin: false })
        .globalGuard(HeaderUserGuard)
        .start();
      expect(await statusesOf(app, ADMIN)).toEqual([404]);
    });

    it.each(['ops', '/ops/who-does.what/'])('a path: %s', async (path) => {
      const app = await withAdmin({ path }).start();
      const base = `/${path.replaceAll(/^\/|\/$/g, '')}`;
      expect(await statusesOf(app, ADMIN, base)).toEqual(OPEN);
      expect(await statusesOf(app, {}, base)).toEqual([401]);
      expect(await statusesOf(app, ADMIN)).toEqual([404]);
    });

    it('below the global prefix', async () => {
      const app = await withAdmin().prefix('api').start();
      expect(await statusesOf(app, ADMIN, '/api/admin/analytics')).toEqual(
        OPEN,
      );
      expect(await statusesOf(app, {}, '/api/admin/analytics')).toEqual([401]);
      expect(await statusesOf(app, ADMIN)).toEqual([404]);
    });

    it.each([
      ['URI', { type: VersioningType.URI } as const],
      ['URI', { type: VersioningType.URI, defaultVersion: '1' } as const],
      ['header', { type: VersioningType.HEADER, header: 'x-v' } as const],
    ])('the same under versioning by %s', async (_case, versioning) => {
      const app = await withAdmin()
        .configure((host) => host.enableVersioning(versioning))
        .start();
      expect(await statusesOf(app, ADMIN)).toEqual(OPEN);
      expect(await statusesOf(app)).toEqual([401]);
      expect(await statusesOf(app, asUser({ role: 'user' }))).toEqual([403]);
    });

    it.each([
      { whitelist: true, forbidNonWhitelisted: true, transform: true },
      { whitelist: true },
      { transform: true, transformOptions: { enableImplicitConversion: true } },
      { errorHttpStatusCode: 422 as const },
    ])('open and closed as ever under a global pipe %o', async (options) => {
      const app = await withAdmin()
        .configure((host) => host.useGlobalPipes(new ValidationPipe(options)))
        .start();
      expect(await statusesOf(app, ADMIN)).toEqual(OPEN);
      expect(await statusesOf(app)).toEqual([401]);
      const { status, text } = await app.http.get(
        '/admin/analytics/sessions?limit=2&has_errors=false&since=0&until=2030-01-01',
        ADMIN,
      );
      expect(status).toBe(200);
      expect(JSON.parse(text)).toEqual({ sessions: [], next_cursor: null });
    });
  });

  it('guards controllers of the host with the same roles, or others', async () => {
    const app = await bootTestApp(platform)
      .tracking({ admin: { roles: ['auditor'] } })
      .controllers(BooksController)
      .start();
    const statusOf = async (path: string, role?: string): Promise<number> => {
      const { status } = await app.http.get(
        path,
        role === undefined ? {} : asUser({ id: 1, role }),
      );
      return status;
    };
    expect(await statusOf('/books')).toBe(401);
    expect(await statusOf('/books', 'support')).toBe(403);
    expect(await statusOf('/books', 'auditor')).toBe(200);
    expect(await statusOf('/books/drafts', 'auditor')).toBe(403);
    expect(await statusOf('/books/drafts', 'support')).toBe(200);
  });

  it('is closed also while Redis is away', async () => {
    const server = await startRedisServer();
    onTestFinished(() => server.stop());
    const app = await bootTestApp(platform)
      .onRedis(server)
      .tracking({
        admin: { guards: [HeaderUserGuard] },
        flush: { shutdownMs: 100 },
      })
      .start();
    await server.kill();
    expect(await statusesOf(app)).toEqual([401]);
    expect(await statusesOf(app, asUser({ role: 'user' }))).toEqual([403]);
  });
});
