import { type IncomingMessage, STATUS_CODES } from 'node:http';

/** Of Node's response; on HTTP/2 that of its compatibility API. */
interface ResponseHead {
  readonly statusCode: number;
  readonly statusMessage: string;
  /** The text of the headers, once they are gone; HTTP/2 has none. */
  readonly _header?: unknown;
  /** Of HTTP/2 alone. */
  readonly stream?: {
    readonly aborted: boolean;
    readonly rstCode: number;
    readonly sentHeaders?: Readonly<Record<string, unknown>>;
  };
}

/** Where the status stands in `HTTP/1.1 200 OK`. */
const STATUS_AT = { start: 9, end: 12 };

/**
 * The status that a client got. `statusCode` may be set to another one, or to anything, when the headers
 * are gone; only what was sent tells then. To read the text of HTTP/1 takes a while, so that is done where
 * code and message do not belong together.
 */
export function sentStatusOf(response: ResponseHead): number {
  const { _header: sent, statusCode } = response;
  if (typeof sent !== 'string') {
    const status = response.stream?.sentHeaders?.[':status'];
    return typeof status === 'number' ? status : statusCode;
  }
  return STATUS_CODES[statusCode] === response.statusMessage
    ? statusCode
    : Number(sent.slice(STATUS_AT.start, STATUS_AT.end));
}

/**
 * Whether the client left before it had all of an answer that says it is finished: Node says so too of
 * what it gave up with the connection, and HTTP/2 of everything.
 */
export function isCutOff(
  {
    httpVersionMajor,
    socket,
  }: Pick<IncomingMessage, 'httpVersionMajor'> & {
    readonly socket?: { readonly destroyed?: boolean };
  },
  { stream }: ResponseHead,
): boolean {
  return httpVersionMajor === 2
    ? stream === undefined || stream.aborted || stream.rstCode !== 0
    : socket?.destroyed === true;
}
