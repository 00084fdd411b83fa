import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type Http2ServerResponse,
} from 'node:http2';
import { text } from 'node:stream/consumers';
import { Controller, Get, Res } from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootTestApp, type TestApp } from './support/boot-test-app.js';
import { redisForTests } from './support/redis-for-tests.js';
import { ThingsController } from './support/shop.controllers.js';

const redis = redisForTests();

@Controller('raw')
class RawController {
  @Get('late-status')
  lateStatus(@Res() { raw }: { raw: Http2ServerResponse }): void {
    raw.writeHead(202);
    raw.statusCode = 500;
    raw.end('ok');
  }
}

async function startShop(): Promise<TestApp> {
  return bootTestApp('fastify')
    .http2()
    .onRedis(redis)
    .controllers(ThingsController, RawController)
    .start();
}

function connectTo(app: TestApp): ClientHttp2Session {
  const session = connect(app.url);
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  return session;
}

function send(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({ ':path': path, 'x-request-id': 'mine' });
  // A stream that is cut off is what some of these tests are about.
  stream.on('error', () => undefined);
  return stream;
}

async function headOf(stream: ClientHttp2Stream): Promise<unknown> {
  const [head]: unknown[] = await once(stream, 'response');
  return head;
}

describe('HTTP/2 on Fastify', () => {
  it.each([
    ['/things/7', 200],
    ['/things/seven', 400],
    ['/raw/late-status', 202],
  ])('is recorded as its client got it: %s', async (path, status) => {
    const app = await startShop();
    const stream = send(connectTo(app), path);
    const [head] = await Promise.all([headOf(stream), text(stream)]);
    expect(head).toMatchObject({ ':status': status, 'x-request-id': 'mine' });

    await app.settle(1);
    const { request, response } = await app.stored.onlyExchange();
    expect(request).toMatchObject({ path, request_id: 'mine' });
    expect(response.status_code).toBe(status);
    expect(response).not.toHaveProperty('aborted');
  });

  it.each<[string, (stream: ClientHttp2Stream) => void]>([
    ['gives up the request', (stream) => stream.close(8)],
    ['closes the connection', ({ session }) => session?.destroy()],
  ])('knows of a client that %s before it is answered', async (_way, leave) => {
    const app = await startShop();
    const stream = send(connectTo(app), '/things/gated');
    await app.signals.reached('handler entered');
    leave(stream);

    await app.settle(1);
    app.signals.give('handler may go on');
    const { response } = await app.stored.onlyExchange();
    expect(response).toMatchObject({ status_code: 499, aborted: true });
  });

  it('knows of a client that leaves in the middle of a stream', async () => {
    const app = await startShop();
    const stream = send(connectTo(app), '/things/endless');
    await once(stream, 'data');
    stream.close(8);

    await app.settle(1);
    const { response } = await app.stored.onlyExchange();
    expect(response).toMatchObject({ status_code: 499, aborted: true });
  });
});
