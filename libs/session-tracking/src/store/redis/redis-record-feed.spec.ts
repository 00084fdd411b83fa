import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import {
  exchangeOf,
  TestWriter,
  visitor,
} from '../../../testing/record-builders.js';
import { useRedis } from '../../../testing/redis-setting.js';
import type { RecordListener } from '../session-store.js';

const setting = useRedis();

/** A way to Redis on which a test decides what becomes of each `SUBSCRIBE`. */
class Line {
  /** How many have come by. */
  subscriptions = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => this.lead(client));

  constructor(
    private readonly passes: (subscription: number, client: Socket) => boolean,
  ) {}

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    onTestFinished(() => {
      this.cut();
      this.server.close();
    });
    const { port } = this.server.address() as AddressInfo;
    return `redis://127.0.0.1:${port}`;
  }

  cut(): void {
    for (const socket of this.sockets) {
      socket.destroy();
    }
  }

  private lead(client: Socket): void {
    const server = connect(Number(new URL(setting.url).port), '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket.on('error', () => undefined));
      socket.on('close', () => other.destroy());
    }
    server.pipe(client);
    client.on('data', (bytes) => {
      if (/\r\nsubscribe\r\n/i.test(bytes.toString())) {
        this.subscriptions += 1;
        if (!this.passes(this.subscriptions, client)) {
          return;
        }
      }
      server.write(bytes);
    });
  }
}

/** Stores requests until one of them is heard of. */
async function waitUntilHeard(
  listener: ReturnType<typeof vi.fn<RecordListener>>,
): Promise<void> {
  const writer = new TestWriter(setting.openStore());
  listener.mockClear();
  await vi.waitFor(
    async () => {
      await writer.append(exchangeOf(visitor('192.0.2.1')));
      expect(listener).toHaveBeenCalled();
    },
    { timeout: 10_000, interval: 20 },
  );
}

it.each<[string, (client: Socket) => void]>([
  ['breaks meanwhile', (client) => client.destroy()],
  ['is not answered', () => undefined],
])(
  'hears records again when the connection was lost and the next subscription %s',
  async (_way, disturb) => {
    const line = new Line((subscription, client) => {
      const isDisturbed = subscription === 2 || subscription === 3;
      if (isDisturbed) {
        disturb(client);
      }
      return !isDisturbed;
    });
    const listener = vi.fn<RecordListener>();
    await setting.openStoreAt(await line.open(), 200).subscribe(listener);
    await waitUntilHeard(listener);

    line.cut();
    await vi.waitFor(
      () => expect(line.subscriptions).toBeGreaterThan(3),
      10_000,
    );
    await waitUntilHeard(listener);
  },
  30_000,
);

it('hears records again when the permission was taken away for a while', async () => {
  const allow = (...rules: string[]): Promise<unknown> =>
    setting.redis.call('ACL', 'SETUSER', 'ear', 'on', '>secret', ...rules);
  await allow('~*', '+@all', '&*');
  const listener = vi.fn<RecordListener>();
  await setting
    .openStoreAt(setting.url.replace('//', '//ear:secret@'), 200)
    .subscribe(listener);
  await waitUntilHeard(listener);

  await allow('resetchannels');
  await vi.waitFor(async () => {
    expect(await setting.redis.call('ACL', 'LOG')).not.toEqual([]);
  }, 5000);
  await allow('&*');
  await waitUntilHeard(listener);
}, 30_000);
