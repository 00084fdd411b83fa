import { type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  type INestApplication,
  Res,
  Sse,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { from, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { bootTestApp, PLATFORMS } from './support/boot-test-app.js';

/** What both platforms hand to a handler; Fastify's has Node's own within it. */
type HostResponse = ServerResponse & {
  raw?: ServerResponse;
  header(name: string, value: string): { send(body: unknown): void };
};

/** Without a header of Express' own, with which Node itself drops what is given twice. */
function leaveHeadersToHandlers(host: INestApplication): void {
  if (host.getHttpAdapter().getType() === 'express') {
    (host as NestExpressApplication).disable('x-powered-by');
  }
}

/** A handler that goes past its platform, to Node's own response. */
function rawOf(response: HostResponse): ServerResponse {
  return response.raw ?? response;
}

@Controller('raw')
class RawController {
  @Get('headers')
  headers(@Res() response: HostResponse): void {
    rawOf(response).writeHead(200, { 'x-other': 'a' }).end('ok');
  }

  @Get('reason')
  reason(@Res() response: HostResponse): void {
    rawOf(response).writeHead(200, 'Fine', { 'x-other': 'a' }).end('ok');
  }

  @Get('list')
  list(@Res() response: HostResponse): void {
    rawOf(response).writeHead(200, ['x-other', 'a']).end('ok');
  }

  @Get('cookies-in-a-row')
  cookiesInARow(@Res() response: HostResponse): void {
    rawOf(response)
      .writeHead(200, ['set-cookie', 'a=1', 'set-cookie', 'b=2'])
      .end('ok');
  }

  @Get('cookies-in-pairs')
  cookiesInPairs(@Res() response: HostResponse): void {
    const pairs: unknown = [
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
    ];
    rawOf(response)
      .writeHead(200, pairs as string[])
      .end('ok');
  }

  @Get('cookies-by-name')
  cookiesByName(@Res() response: HostResponse): void {
    rawOf(response)
      .writeHead(200, { 'set-cookie': 'a=1', 'Set-Cookie': 'b=2' })
      .end('ok');
  }

  @Get('chained')
  chained(@Res() response: HostResponse): void {
    rawOf(response).setHeader('x-other', 'a').writeHead(200).end('ok');
  }

  @Get('written')
  written(@Res() response: HostResponse): void {
    const raw = rawOf(response);
    raw.setHeader('x-other', 'a');
    raw.write('o');
    raw.end('k');
  }

  @Get('flushed')
  flushed(@Res() response: HostResponse): void {
    const raw = rawOf(response);
    raw.setHeader('x-other', 'a');
    raw.flushHeaders();
    raw.end('ok');
  }

  /** As packages do that add headers at the last moment. */
  @Get('wrapped')
  wrapped(@Res() response: HostResponse): void {
    const raw = rawOf(response);
    const writeHead = raw.writeHead.bind(raw);
    raw.writeHead = (status: number): ServerResponse => {
      raw.setHeader('x-other', 'a');
      return writeHead(status);
    };
    raw.end('ok');
  }
}

@Controller('hosted')
class HostedController {
  @Get('stream')
  stream(@Res() response: HostResponse): void {
    response.header('x-other', 'a');
    const body = Readable.from(['ok']);
    if (response.raw === undefined) {
      body.pipe(response);
    } else {
      response.header('content-type', 'text/plain').send(body);
    }
  }

  @Sse('events')
  events(): Observable<{ data: string }> {
    return from([{ data: 'ok' }]);
  }

  @Get('other-id')
  otherId(@Res() response: HostResponse): void {
    response.header('x-request-id', 'of the host').send('ok');
  }

  @Get('other-raw-id')
  otherRawId(@Res() response: HostResponse): void {
    rawOf(response).writeHead(200, { 'X-Request-Id': 'of the host' }).end('ok');
  }

  @Get('other-raw-id-in-a-row')
  otherRawIdInARow(@Res() response: HostResponse): void {
    rawOf(response).writeHead(200, ['X-Request-Id', 'of the host']).end('ok');
  }
}

function giveAnotherId(
  _request: unknown,
  response: ServerResponse,
  next: () => void,
): void {
  response.setHeader('x-request-id', 'of the host');
  next();
}

describe.each(PLATFORMS)('%s gives the request id back', (platform) => {
  const app = () =>
    bootTestApp(platform).controllers(RawController, HostedController);

  it.each([
    'headers',
    'reason',
    'list',
    'chained',
    'written',
    'flushed',
    'wrapped',
  ])("where a handler writes to Node's own response: %s", async (way) => {
    const { http } = await app().start();
    const answer = await http.get(`/raw/${way}`, { 'x-request-id': 'mine' });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('ok');
    expect(answer.headers).toMatchObject({
      'x-request-id': 'mine',
      'x-other': 'a',
    });
  });

  it.each(['in-a-row', 'in-pairs', 'by-name'])(
    'beside headers that a handler gives twice: %s',
    async (way) => {
      const { http } = await app().configure(leaveHeadersToHandlers).start();
      const answer = await http.get(`/raw/cookies-${way}`, {
        'x-request-id': 'mine',
      });
      expect(answer.text).toBe('ok');
      expect(answer.headers).toMatchObject({
        'x-request-id': 'mine',
        'set-cookie': ['a=1', 'b=2'],
      });
    },
  );

  it.each(['stream', 'events'])('with a stream: %s', async (way) => {
    const { http } = await app().start();
    const answer = await http.get(`/hosted/${way}`, { 'x-request-id': 'mine' });
    expect(answer.text).toContain('ok');
    expect(answer.headers['x-request-id']).toBe('mine');
  });

  it.each(['other-id', 'other-raw-id', 'other-raw-id-in-a-row'])(
    'unless the host gives another: %s',
    async (way) => {
      const { http } = await app().start();
      const answer = await http.get(`/hosted/${way}`, {
        'x-request-id': 'mine',
      });
      expect(answer.headers['x-request-id']).toBe('of the host');
    },
  );

  it("unless the host's middleware gives another", async () => {
    const { http } = await app()
      .middleware((consumer) =>
        consumer.apply(giveAnotherId).forRoutes('{*path}'),
      )
      .start();
    const answer = await http.get('/hosted/stream');
    expect(answer.text).toBe('ok');
    expect(answer.headers['x-request-id']).toBe('of the host');
  });

  it('unless what the host puts before all else gives another', async () => {
    const { http } = await app()
      .configure((host) => host.use(giveAnotherId))
      .start();
    const answer = await http.get('/hosted/stream');
    expect(answer.text).toBe('ok');
    expect(answer.headers['x-request-id']).toBe('of the host');
  });

  it('where a middleware answers', async () => {
    const { http } = await app()
      .middleware((consumer) =>
        consumer
          .apply((_request: unknown, response: ServerResponse) =>
            response.end('ok'),
          )
          .forRoutes('{*path}'),
      )
      .start();
    const answer = await http.get('/raw/headers', { 'x-request-id': 'mine' });
    expect(answer.text).toBe('ok');
    expect(answer.headers['x-request-id']).toBe('mine');
  });
});

describe('fastify gives the request id back', () => {
  it('unless a hook of the host gives another', async () => {
    const { http } = await bootTestApp('fastify')
      .controllers(HostedController)
      .configure((host) => {
        const fastify = (host as NestFastifyApplication)
          .getHttpAdapter()
          .getInstance();
        fastify.addHook('onRequest', (_request, reply, done) => {
          reply.header('x-request-id', 'of the host');
          done();
        });
      })
      .start();
    const answer = await http.get('/hosted/stream');
    expect(answer.headers['x-request-id']).toBe('of the host');
  });
});
