import type { IncomingMessage, ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { Controller, Get, Req, Res, StreamableFile } from '@nestjs/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bootTestApp, PLATFORMS } from './support/boot-test-app.js';
import { expectCloseTimes } from './support/close-times.js';
import { sendAbortable, sendRaw, sendRawAndLeave } from './support/raw-http.js';
import { redisForTests } from './support/redis-for-tests.js';
import { ThingsController } from './support/shop.controllers.js';

const redis = redisForTests();

/** What both platforms hand to a handler; Fastify's has Node's own within it. */
type HostResponse = ServerResponse & { raw?: ServerResponse };

/** More than the buffers between a server and its client can take. */
const LARGE = 64 * 1024 * 1024;

@Controller('large')
class LargeController {
  @Get('text')
  text(): string {
    return 'x'.repeat(LARGE);
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Buffer.alloc(LARGE));
  }
}

/** 1 at the first place: the handler has been entered; at the second: its client has left. */
const BUSY = new Int32Array(new SharedArrayBuffer(8));

@Controller('busy')
class BusyController {
  @Get()
  beBusy(): string {
    Atomics.store(BUSY, 0, 1);
    Atomics.notify(BUSY, 0);
    Atomics.wait(BUSY, 1, 0);
    return 'nobody is there';
  }
}

/** A client on a thread of its own, which resets its connection while the server can do nothing else. */
const RESETTING_CLIENT = `
  const { connect } = require('node:net');
  const { workerData } = require('node:worker_threads');
  const signals = new Int32Array(workerData.signals);
  const socket = connect(workerData.port, '127.0.0.1', () => {
    socket.write('GET /api/busy HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n', () => {
      Atomics.wait(signals, 0, 0);
      socket.resetAndDestroy();
    });
  });
  socket.on('close', () => {
    Atomics.store(signals, 1, 1);
    Atomics.notify(signals, 1);
  });
`;

@Controller('cut')
class CutController {
  @Get()
  cut(@Req() request: IncomingMessage, @Res() response: HostResponse): void {
    const raw = response.raw ?? response;
    request.socket.destroy();
    raw.end('nobody is there');
  }
}

describe.each(PLATFORMS)('%s records a client that leaves', (platform) => {
  const shop = () =>
    bootTestApp(platform)
      .onRedis(redis)
      .prefix('api')
      .controllers(ThingsController);

  it('before it is answered', async () => {
    const app = await shop().start();
    const request = sendAbortable(`${app.url}/api/things/gated`);
    await app.signals.reached('handler entered');
    request.abort();

    await app.settle(1);
    app.signals.give('handler may go on');
    const exchange = await app.stored.onlyExchange();
    expect(exchange.request).toMatchObject({
      path: '/api/things/gated',
      route: '/api/things/gated',
    });
    expect(exchange.response).toMatchObject({
      status_code: 499,
      aborted: true,
    });
    expectCloseTimes(exchange);
    expect(exchange.session.info['client_ip']).toBe('127.0.0.1');
    expect(exchange.session.info['error_count']).toBe('1');
  });

  it('in the middle of a stream', async () => {
    const app = await shop().start();
    const startedAt = performance.now();
    const request = sendAbortable(`${app.url}/api/things/endless`);
    const response = await request.head;
    await new Promise((resolve) => {
      response.once('data', resolve);
    });
    const stayedMs = performance.now() - startedAt;
    expect(response.statusCode).toBe(200);
    request.abort();

    await app.settle(1);
    const exchange = await app.stored.onlyExchange();
    expect(exchange.request.route).toBe('/api/things/endless');
    expect(exchange.response).toMatchObject({
      status_code: 499,
      aborted: true,
    });
    // From the first byte's arrival here to the abort no time needs to have passed there.
    expect(exchange.response.duration_ms).toBeGreaterThan(0);
    expect(exchange.response.duration_ms).toBeLessThan(
      Math.max(stayedMs, app.uptimeMs),
    );
    expectCloseTimes(exchange);
  });

  it('in the middle of server-sent events', async () => {
    const app = await shop().start();
    const request = sendAbortable(`${app.url}/api/things/events`);
    const response = await request.head;
    const first: Buffer = await new Promise((resolve) => {
      response.once('data', resolve);
    });
    expect(String(first)).toContain('\n');
    expect(app.tracker.stats().accepted).toBe(0);
    request.abort();

    await app.settle(1);
    const exchange = await app.stored.onlyExchange();
    expect(exchange.request.route).toBe('/api/things/events');
    expect(exchange.response).toMatchObject({
      status_code: 499,
      aborted: true,
    });
  });

  it.each(['text', 'file'])(
    'in the middle of an answer that was handed over whole: %s',
    async (kind) => {
      const app = await shop().controllers(LargeController).start();
      const request = sendAbortable(`${app.url}/api/large/${kind}`);
      const response = await request.head;
      expect(response.statusCode).toBe(200);
      request.abort();

      await app.settle(1);
      const exchange = await app.stored.onlyExchange();
      expect(exchange.response).toMatchObject({
        status_code: 499,
        aborted: true,
      });
    },
  );

  it('while a handler kept the process busy', async () => {
    BUSY.fill(0);
    const app = await shop().controllers(BusyController).start();
    const client = new Worker(RESETTING_CLIENT, {
      eval: true,
      workerData: { port: app.port, signals: BUSY.buffer },
    });
    onTestFinished(async () => {
      await client.terminate();
    });

    await app.settle(1);
    const exchange = await app.stored.onlyExchange();
    expect(exchange.response).toMatchObject({
      status_code: 499,
      aborted: true,
    });
  });

  it('because the handler itself cut its connection', async () => {
    const app = await shop().controllers(CutController).start();
    await expect(app.http.get('/api/cut')).rejects.toThrow('other side closed');
    await app.settle(1);
    const exchange = await app.stored.onlyExchange();
    expect(exchange.response).toMatchObject({
      status_code: 499,
      aborted: true,
    });
  });

  it('behind a proxy, under the address that it came from', async () => {
    const app = await shop().trustProxy('loopback').start();
    const request = sendAbortable(`${app.url}/api/things/gated`, {
      'x-forwarded-for': '198.51.100.7',
    });
    await app.signals.reached('handler entered');
    request.abort();

    await app.settle(1);
    app.signals.give('handler may go on');
    const { info } = await app.stored.only();
    expect(info['client_ip']).toBe('198.51.100.7');
  });

  it('with a second request waiting behind the first', async () => {
    const app = await shop().start();
    await sendRawAndLeave(
      app.port,
      ['/api/things/gated', '/api/things/other-gate']
        .map((target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
        .join(''),
      app.signals.reached('other handler entered'),
    );

    await app.settle(2);
    app.signals.give('handler may go on');
    const exchanges = await app.stored.exchanges();
    expect(exchanges.map(({ response }) => response.status_code)).toEqual([
      499, 499,
    ]);
  });

  it('with requests waiting behind the first that are answered already', async () => {
    const app = await shop().start();
    await sendRawAndLeave(
      app.port,
      ['/api/things/gated', '/api/things', '/nowhere', '/api/things/other-gate']
        .map((target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
        .join(''),
      app.signals.reached('other handler entered'),
    );

    await app.settle(4);
    const exchanges = await app.stored.exchanges();
    expect(exchanges.map(({ response }) => response.aborted)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    app.signals.give('handler may go on');
    await app.app.close();
    expect(app.tracker.stats().accepted).toBe(8);
  });

  it('not of requests that were pipelined and all answered', async () => {
    const app = await shop().start();
    const body = '{"name":"x"}';
    const post = `POST /api/things HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;
    const answer = sendRaw(
      app.port,
      `GET /api/things/gated HTTP/1.1\r\nHost: x\r\n\r\n${post}\r\n${body}${post}connection: close\r\n\r\n${body}`,
    );
    await app.signals.reached('handler entered');
    app.signals.give('handler may go on');
    expect((await answer).match(/HTTP\/1\.1 \d/g)).toHaveLength(3);
    await app.settle(3);
    const exchanges = await app.stored.exchanges();
    expect(exchanges.map(({ response }) => response.aborted)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
