import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A server that speaks on Redis' port, but not like Redis. */
export interface FakeRedis {
  readonly name: string;
  readonly url: string;
  /** Commands that it answered with nonsense. */
  nonsense: number;
  stop(): Promise<void>;
}

/** What stands for an answer; a function may do with the connection what it likes. */
export type Nonsense = string | ((socket: Socket) => void);

/** Answers that no client expects, by name. */
export const NONSENSE: Readonly<Record<string, Nonsense>> = {
  ok: '+OK\r\n',
  'a number': ':42\r\n',
  nothing: '$-1\r\n',
  'no array': '*-1\r\n',
  'an array': '*2\r\n$1\r\na\r\n:1\r\n',
  'an empty text': '$0\r\n\r\n',
  'an error': '-ERR no\r\n',
  'an empty error': '-\r\n',
  'an error of many lines': '-MISCONF Redis is configured\r\n',
  garbage: '\u0000\u0001\u00ffgarbage\r\n',
  'a web page': 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
  'half an answer and the end': (socket) => {
    socket.end('$1000\r\nhalf');
  },
  'the end': (socket) => socket.destroy(),
  'a reset': (socket) => void socket.resetAndDestroy(),
  'a length beyond all bounds': '$99999999999999999999\r\nx\r\n',
  'a negative length': '$-7\r\n\r\n',
  'many answers at once': '+OK\r\n'.repeat(50),
  'a map': '%1\r\n+a\r\n:1\r\n',
  'a push message': '>2\r\n+invalidate\r\n*-1\r\n',
  'a big number and a double': '(123456789012345678901234567890\r\n',
  'a moved slot': '-MOVED 1 127.0.0.1:1\r\n',
  'a text that is no confirmation': '$5\r\nhello\r\n',
  'a confirmation of another batch': '$9\r\n99999999\n\r\n',
};

/** Starts one; after a proper handshake, or talking nonsense from the first byte. */
export async function startFakeRedis(
  name: string,
  nonsense: Nonsense,
  shakesHands: boolean,
): Promise<FakeRedis> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      for (const [, command = ''] of chunk
        .toString()
        .matchAll(/\*\d+\r\n\$\d+\r\n([A-Za-z]+)/g)) {
        answer(socket, command.toLowerCase());
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');

  const answer = (socket: Socket, command: string): void => {
    const proper = shakesHands ? HANDSHAKE[command] : undefined;
    if (proper !== undefined) {
      socket.write(proper);
      return;
    }
    fake.nonsense += 1;
    if (typeof nonsense === 'string') {
      socket.write(nonsense, 'latin1');
    } else {
      nonsense(socket);
    }
  };
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('The system gave no port.');
  }
  const fake: FakeRedis = {
    name: `${name}${shakesHands ? '' : ', from the first byte'}`,
    url: `redis://127.0.0.1:${address.port}`,
    nonsense: 0,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
  return fake;
}

const HANDSHAKE: Readonly<Record<string, string>> = {
  hello: "-ERR unknown command 'HELLO'\r\n",
  client: '+OK\r\n',
  info: '$11\r\nloading:0\r\n\r\n',
};
