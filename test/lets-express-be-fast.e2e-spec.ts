import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EventEmitter, once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  request as send,
  Server,
  ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { Controller, Get, Module, Req, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ExpressAdapter,
  type NestExpressApplication,
} from '@nestjs/platform-express';
import type { Request, Response } from 'express';
import { SessionTrackingModule } from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootTestApp, type TestApp } from './support/boot-test-app.js';
import { sendRaw } from './support/raw-http.js';

/** Whether two objects have the same hidden class, as V8's own tests ask it. */
const haveSameMap: (one: object, other: object) => boolean = (() => {
  setFlagsFromString('--allow-natives-syntax');
  return runInThisContext('(one, other) => %HaveSameMap(one, other)');
})();

/** Keeps the first of two requests waiting until the second one is there too. */
@Controller()
class PairsController {
  alike: { requests: boolean; responses: boolean } | undefined;
  private waiting: [Request, Response] | undefined;

  @Get('pair')
  pair(@Req() request: Request, @Res() response: Response): void {
    if (this.waiting === undefined) {
      this.waiting = [request, response];
      return;
    }
    const [otherRequest, otherResponse] = this.waiting;
    this.waiting = undefined;
    this.alike = {
      requests: haveSameMap(request, otherRequest),
      responses: haveSameMap(response, otherResponse),
    };
    otherResponse.json({});
    response.json({});
  }

  @Get('kind')
  kind(@Req() request: Request, @Res() response: Response): void {
    response.json({
      classes: [request.constructor.name, response.constructor.name],
      prototypes: [
        Object.getPrototypeOf(request) === Reflect.get(request.app, 'request'),
        Object.getPrototypeOf(response) ===
          Reflect.get(request.app, 'response'),
      ],
      ip: request.ip,
      query: request.query,
      accepts: request.accepts('json'),
      added: Reflect.get(request, 'greeting'),
    });
  }
}

function serverOf(app: TestApp): Server {
  return app.app.getHttpServer();
}

/** Asks for what Node passes on to nobody but listeners of `upgrade`. */
async function upgrade(app: TestApp): Promise<string | undefined> {
  const outgoing = send(`${app.url}/kind`, {
    agent: false,
    headers: { connection: 'upgrade', upgrade: 'greeting' },
  });
  outgoing.end();
  const [answer, socket] = await once(outgoing, 'upgrade');
  socket.destroy();
  return answer.headers.greeting;
}

/** A host's own listener, which may give a request whatever it likes. */
function takeUpgrades(server: Server): void {
  server.on('upgrade', (incoming: IncomingMessage, socket) => {
    Object.assign(incoming, { ip: 'mine', query: {}, path: '/', host: 'mine' });
    const { ip } = incoming as IncomingMessage & { ip?: string };
    socket.end(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: greeting\r\ngreeting: ${ip}\r\n\r\n`,
    );
  });
}

function takeRequestsFirst(server: Server): void {
  server.prependListener('request', (incoming) => {
    Object.assign(incoming, { ip: '203.0.113.7', query: { of: 'the host' } });
  });
}

function changeAddress(request: unknown): void {
  Object.assign(Object(request), { ip: '203.0.113.7' });
}

function changeAddressIn(message: unknown): void {
  changeAddress((message as { request: IncomingMessage }).request);
}

describe('on Express', () => {
  it('gives all requests one hidden class, and all responses another', async () => {
    const app = await bootTestApp('express')
      .controllers(PairsController)
      .start();
    // The first few teach the engine what becomes of such an object.
    for (let pair = 0; pair < 30; pair += 1) {
      await Promise.all([app.http.get('/pair'), app.http.get('/pair')]);
    }

    expect(app.app.get(PairsController).alike).toEqual({
      requests: true,
      responses: true,
    });
  });

  it('hands the host requests and responses that are what they always were', async () => {
    const app = await bootTestApp('express')
      .controllers(PairsController)
      .start();
    const before = await app.http.get('/kind?a=1');
    app.app.getHttpAdapter().getInstance().request.greeting = 'hello';
    const after = await app.http.get('/kind');

    expect(JSON.parse(before.text)).toEqual({
      classes: ['IncomingMessage', 'ServerResponse'],
      prototypes: [true, true],
      ip: '127.0.0.1',
      query: { a: '1' },
      accepts: 'json',
    });
    expect(JSON.parse(after.text)).toMatchObject({ added: 'hello' });
  });

  describe.each([
    [
      'before the module',
      (listen: (server: Server) => void) =>
        bootTestApp('express')
          .configure((app) => listen(app.getHttpServer()))
          .controllers(PairsController)
          .start(),
    ],
    [
      'after the module',
      async (listen: (server: Server) => void) => {
        const app = await bootTestApp('express')
          .controllers(PairsController)
          .start();
        await app.http.get('/kind');
        listen(serverOf(app));
        return app;
      },
    ],
  ])('where the host listens to its server %s', (_when, start) => {
    it('gives it upgrades as Node makes them', async () => {
      const app = await start(takeUpgrades);

      expect(await upgrade(app)).toBe('mine');
      expect((await app.http.get('/kind')).status).toBe(200);
    });

    it('lets it change a request before Express has it', async () => {
      const app = await start(takeRequestsFirst);

      const { text } = await app.http.get('/kind');
      expect(JSON.parse(text)).toMatchObject({
        ip: '203.0.113.7',
        query: { of: 'the host' },
      });
    });
  });

  it.each([
    [
      'upgrade',
      'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: b',
    ],
    ['connect', 'CONNECT a:80 HTTP/1.1\r\nhost: a'],
    ['checkContinue', 'GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue'],
    ['checkExpectation', 'GET / HTTP/1.1\r\nhost: a\r\nexpect: b'],
    [
      'dropRequest',
      'GET /kind HTTP/1.1\r\nhost: a\r\n\r\nGET /kind HTTP/1.1\r\nhost: a',
    ],
  ])('lets who listens to %s change what it gets', async (event, head) => {
    const app = await bootTestApp('express')
      .controllers(PairsController)
      .start();
    const server = serverOf(app);
    server.maxRequestsPerSocket = 1;
    const given: unknown[] = [];
    server.on(event, (incoming: IncomingMessage) => {
      given.push(Object.assign(incoming, { ip: 'mine' }).ip);
      incoming.socket.destroy();
    });

    await sendRaw(app.port, `${head}\r\n\r\n`).catch(() => undefined);
    expect(given).toEqual(['mine']);
  });

  it.each([
    [
      'a method of Node that needs what Express adds',
      (app: NestExpressApplication) => {
        const { response } = app.getHttpAdapter().getInstance();
        Reflect.set(
          response,
          'end',
          function (
            this: Response,
            ...from: Parameters<ServerResponse['end']>
          ): unknown {
            this.locals.ended = true;
            return ServerResponse.prototype.end.apply(this, from);
          },
        );
      },
    ],
    [
      'a field that Node assigns to',
      (app: NestExpressApplication) => {
        Object.defineProperty(
          app.getHttpAdapter().getInstance().request,
          'method',
          { get: () => 'GET' },
        );
      },
    ],
  ])('lets the host hide %s', async (_what, hide) => {
    const app = await bootTestApp('express')
      .configure((host) => hide(host as NestExpressApplication))
      .controllers(PairsController)
      .start();

    expect((await app.http.get('/kind')).status).toBe(200);
    // Node answers this one by itself, before Express knows of the response.
    expect(
      await sendRaw(
        app.port,
        'GET /kind HTTP/1.1\r\nconnection: close\r\n\r\n',
      ),
    ).toMatch(/^HTTP\/1.1 400 /);
  });

  it('lets the host see a request before its server tells of it', async () => {
    const app = await bootTestApp('express')
      .configure((host) => {
        const server: Server = host.getHttpServer();
        const emit = server.emit.bind(server);
        server.emit = (event: string, ...from: unknown[]) => {
          if (event === 'request') {
            changeAddress(from[0]);
          }
          return emit(event, ...from);
        };
      })
      .controllers(PairsController)
      .start();

    const { text } = await app.http.get('/kind');
    expect(JSON.parse(text)).toMatchObject({ ip: '203.0.113.7' });
  });

  it('lets the host see a request before any server tells of it', async () => {
    const ofServers: { emit?: unknown } = Server.prototype;
    ofServers.emit = function (
      this: Server,
      ...all: Parameters<EventEmitter['emit']>
    ): boolean {
      changeAddress(all[0] === 'request' ? all[1] : {});
      return EventEmitter.prototype.emit.apply(this, all);
    };
    onTestFinished(() => {
      delete ofServers.emit;
    });
    const app = await bootTestApp('express')
      .controllers(PairsController)
      .start();

    const { text } = await app.http.get('/kind');
    expect(JSON.parse(text)).toMatchObject({ ip: '203.0.113.7' });
  });

  it('lets the host see a request when Node tells of it', async () => {
    subscribe('http.server.request.start', changeAddressIn);
    onTestFinished(() => {
      unsubscribe('http.server.request.start', changeAddressIn);
    });
    const app = await bootTestApp('express')
      .controllers(PairsController)
      .start();

    const { text } = await app.http.get('/kind');
    expect(JSON.parse(text)).toMatchObject({ ip: '203.0.113.7' });
  });

  it('leaves a server alone whose owner chose its classes', async () => {
    let requests = 0;
    let responses = 0;
    class OwnRequest extends IncomingMessage {
      constructor(socket: Socket) {
        super(socket);
        requests += 1;
      }
    }
    class OwnResponse extends ServerResponse {
      constructor(...from: ConstructorParameters<typeof ServerResponse>) {
        super(...from);
        responses += 1;
      }
    }
    class OwnAdapter extends ExpressAdapter {
      override initHttpServer(): void {
        this.httpServer = createServer(
          { IncomingMessage: OwnRequest, ServerResponse: OwnResponse },
          this.getInstance(),
        );
      }
    }
    @Module({
      imports: [SessionTrackingModule.forRoot()],
      controllers: [PairsController],
    })
    class HostModule {}
    const app = await NestFactory.create<NestExpressApplication>(
      HostModule,
      new OwnAdapter(),
      { logger: false },
    );
    onTestFinished(() => app.close());
    await app.listen(0, '127.0.0.1');

    const answer = await fetch(`${await app.getUrl()}/kind`);

    expect(answer.status).toBe(200);
    expect({ requests, responses }).toEqual({ requests: 1, responses: 1 });
  });
});
