import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  type Server,
  ServerResponse,
} from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import express from 'express';
import { SessionTracker, SessionTrackingModule } from 'nestjs-session-tracking';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

@Controller()
class GreetingController {
  @Get('greeting')
  greet(): string {
    return 'hello';
  }
}

@Module({
  imports: [SessionTrackingModule.forRoot()],
  controllers: [GreetingController],
})
class HostModule {}

/** A host that makes its HTTP servers itself, as for one with and one without TLS. */
async function startHost(instance = express()) {
  const app = await NestFactory.create(
    HostModule,
    new ExpressAdapter(instance),
    { logger: false },
  );
  onTestFinished(() => app.close());
  await app.init();
  return { app, instance, tracker: app.get(SessionTracker) };
}

/** As packages for functions make it: what is written goes into a text, and closes with the end. */
class FunctionResponse extends ServerResponse {
  text = '';

  constructor(request: IncomingMessage) {
    super(request);
    const socket = {
      writable: true,
      _writableState: {},
      on: () => socket,
      removeListener: () => socket,
      destroy: () => socket,
      cork: () => undefined,
      uncork: () => undefined,
      write: (data: unknown, _encoding: unknown, done?: unknown): boolean => {
        this.text += String(data);
        if (typeof done === 'function') {
          done();
        }
        return true;
      },
    };
    this.assignSocket(socket as unknown as Socket);
    this.once('finish', () => this.emit('close'));
  }
}

async function listen(server: Server): Promise<string> {
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(url: string): Promise<string | null> {
  const response = await fetch(`${url}/greeting`, {
    headers: { connection: 'close' },
  });
  expect(await response.text()).toBe('hello');
  return response.headers.get('x-request-id');
}

function waitForRecords(tracker: SessionTracker, records: number) {
  return vi.waitFor(() => expect(tracker.stats().accepted).toBe(records));
}

describe('servers that the host makes for its Express', () => {
  it('are followed, each of them', async () => {
    const { instance, tracker } = await startHost();
    const first = await listen(createServer(instance));
    const second = await listen(createServer(instance));

    expect(await ask(first)).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask(second)).toMatch(/^[0-9a-f-]{36}$/);
    await waitForRecords(tracker, 4);
  });

  it('are followed beside the one that Nest makes, once', async () => {
    const { app, instance, tracker } = await startHost();
    const other = await listen(createServer(instance));
    await app.listen(0, '127.0.0.1');

    const ids = [await ask(other), await ask(await app.getUrl())];
    await waitForRecords(tracker, 4);

    expect(new Set(ids).size).toBe(2);
  });

  it('are followed where they hand requests on by a function of the host', async () => {
    const { instance, tracker } = await startHost();
    const wrapped = await listen(
      createServer((request, response) => instance(request, response)),
    );

    expect(await ask(wrapped)).toMatch(/^[0-9a-f-]{36}$/);
    await waitForRecords(tracker, 2);
  });

  it('are followed where its Express is mounted into another one, which stays as it is', async () => {
    const inner = express();
    Reflect.set(inner.request, 'greet', () => 'hello');
    inner.get('/mounted', (request, response) => {
      response.json({
        greeting: Reflect.get(request, 'greet')(),
        isInner: request.app === inner,
      });
    });
    const { tracker } = await startHost(inner);
    const outer = express();
    outer.use('/api', inner);
    const url = await listen(createServer(outer));

    const answer = await fetch(`${url}/api/mounted?a=1`);
    expect(await answer.json()).toEqual({ greeting: 'hello', isInner: true });
    await waitForRecords(tracker, 2);
    await tracker.flush();
    const id = await tracker.getSessionId({ ip: '127.0.0.1' });
    const history = await tracker.getSessionHistory(String(id));
    expect(history?.requests[0]).toMatchObject({
      path: '/api/mounted',
      query: 'a=[redacted]',
    });
  });

  it.each<[string, (response: ServerResponse, next: () => void) => void]>([
    ['at once', (_response, next) => next()],
    ['when all is over', (response, next) => void response.on('close', next)],
  ])(
    'are followed where they have answered before they hand on: %s',
    async (_when, handOn) => {
      const instance = express();
      instance.disable('x-powered-by');
      instance.use('/answered', () => undefined);
      const { tracker } = await startHost(instance);
      const url = await listen(
        createServer((request, response) => {
          response.end('hello');
          handOn(response, () => instance(request, response));
        }),
      );
      expect(await (await fetch(`${url}/answered`)).text()).toBe('hello');
      await waitForRecords(tracker, 2);
      await tracker.flush();
      const id = await tracker.getSessionId({ ip: '127.0.0.1' });
      const history = await tracker.getSessionHistory(String(id));
      expect(history?.responses).toMatchObject([{ status_code: 200 }]);
      expect(history?.responses[0]).not.toHaveProperty('aborted');
    },
  );

  it('keep headers as the host writes them, whoever writes the head before', async () => {
    const instance = express();
    instance.disable('x-powered-by');
    instance.get('/cookies', (_request, response) => {
      response
        .writeHead(200, ['set-cookie', 'a=1', 'set-cookie', 'b=2'])
        .end('hello');
    });
    await startHost(instance);
    const url = await listen(
      createServer((request, response) => {
        const writeHead = response.writeHead.bind(response);
        response.writeHead = (...all: unknown[]) =>
          Reflect.apply(writeHead, undefined, all);
        instance(request, response);
      }),
    );
    const { headers } = await fetch(`${url}/cookies`);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('may be none, as in serverless functions', async () => {
    const { instance, tracker } = await startHost();
    const request = new IncomingMessage(new Socket());
    Object.assign(request, { method: 'GET', url: '/greeting' });
    request.push(null);
    const response = new FunctionResponse(request);
    const finished = once(response, 'finish');
    instance(request, response);
    await finished;

    expect(response.text).toContain('hello');
    await waitForRecords(tracker, 2);
    await tracker.flush();
    const id = await tracker.getSessionId({ ip: 'unknown' });
    const history = await tracker.getSessionHistory(String(id));
    expect(history?.responses).toMatchObject([{ status_code: 200 }]);
    expect(history?.responses[0]).not.toHaveProperty('aborted');
  });

  it('are told from those of other applications in the process', async () => {
    const { tracker } = await startHost();
    const stranger = await listen(
      createServer((_request, response) => response.end('hello')),
    );
    const other = await startHost();
    const others = await listen(createServer(other.instance));

    expect(await ask(stranger)).toBeNull();
    await ask(others);
    await waitForRecords(other.tracker, 2);
    expect(tracker.stats().accepted).toBe(0);
  });

  it('go on without the module once the application is closed', async () => {
    const instance = express();
    const { handle } = instance as unknown as { handle: unknown };
    const { app, tracker } = await startHost(instance);
    const url = await listen(createServer(instance));
    await ask(url);
    await waitForRecords(tracker, 2);
    await app.close();

    expect(await ask(url)).toBeNull();
    expect(tracker.stats()).toMatchObject({ accepted: 2, stored: 2 });
    expect(instance).toHaveProperty('handle', handle);
  });

  it('go on without the module once it is closed though the host has put its own around it', async () => {
    const { app, instance, tracker } = await startHost();
    const { handle } = instance as unknown as {
      handle: (...from: unknown[]) => unknown;
    };
    const own = (...from: unknown[]): unknown =>
      Reflect.apply(handle, instance, from);
    Object.assign(instance, { handle: own });
    const url = await listen(createServer(instance));
    await ask(url);
    await waitForRecords(tracker, 2);
    await app.close();

    expect(await ask(url)).toBeNull();
    expect(tracker.stats().accepted).toBe(2);
    expect(instance).toHaveProperty('handle', own);
  });
});
