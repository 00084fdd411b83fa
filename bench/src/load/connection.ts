import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const EMPTY: Buffer = Buffer.alloc(0);

/** Told the status of each answer, or of none when the connection broke. */
export type AnswerListener = (
  connection: Connection,
  status: number | undefined,
) => void;

/**
 * One keep-alive connection with one request at a time on its way. Reads just enough of HTTP/1.1 to
 * know where an answer with a content-length ends, so that the load generator costs little.
 */
export class Connection {
  sentAt = 0;
  private received: Buffer = EMPTY;
  private busy = false;

  private constructor(
    private readonly socket: Socket,
    private readonly onAnswer: AnswerListener,
  ) {
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => this.settle(undefined));
  }

  static async open(
    port: number,
    onAnswer: AnswerListener,
  ): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket, onAnswer);
  }

  send(request: Buffer): void {
    this.busy = true;
    this.sentAt = performance.now();
    this.socket.write(request);
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    const received =
      this.received.length === 0
        ? chunk
        : Buffer.concat([this.received, chunk]);
    const headEnd = received.indexOf('\r\n\r\n');
    if (headEnd === -1) {
      this.received = received;
      return;
    }
    const head = received.toString('latin1', 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      throw new Error(`An answer without content-length: ${head}`);
    }
    if (received.length < headEnd + 4 + Number(length)) {
      this.received = received;
      return;
    }
    this.received = EMPTY;
    this.settle(Number(head.slice(9, 12)));
  }

  private settle(status: number | undefined): void {
    if (this.busy) {
      this.busy = false;
      this.onAnswer(this, status);
    }
  }
}
