import { STATUS_CODES } from 'node:http';
import type { SessionHistory } from '../model/records/records.js';
import { REQUEST_ID_HEADER } from '../model/records/request-id.js';
import {
  type ArchivedParameter,
  toParameters,
  toUrlQuery,
} from './archived-query.js';
import type { JoinedExchange } from './join-exchanges.js';
import { orderExchanges } from './journey.js';

/** A session as an HTTP archive (HAR) 1.2, which the developer tools of browsers open. */
export interface HttpArchive {
  log: {
    version: '1.2';
    creator: { name: string; version: string };
    pages: [];
    entries: ArchivedExchange[];
    /** Sampling left the client out: only its errors and slow requests are here. */
    _partial?: true | undefined;
  };
}

/** One request with its response. What the format asks for and no record holds is empty, 0 or -1. */
export interface ArchivedExchange {
  /** ISO 8601. */
  startedDateTime: string;
  /** Milliseconds. */
  time: number;
  request: ArchivedMessage & {
    method: string;
    url: string;
    queryString: ArchivedParameter[];
  };
  response: ArchivedMessage & {
    /** 0 where no response is stored. */
    status: number;
    statusText: string;
    content: { size: 0; mimeType: 'x-unknown' };
    redirectURL: '';
  };
  cache: Record<string, never>;
  timings: { send: 0; wait: number; receive: 0 };
  /** Names that begin with `_` are left to the format's users. */
  _route?: string | undefined;
  _handler?: string | undefined;
  _handler_ms?: number | undefined;
  _error?: string | undefined;
  _error_message?: string | undefined;
  _aborted?: true | undefined;
}

interface ArchivedMessage {
  httpVersion: 'unknown';
  cookies: [];
  headers: { name: string; value: string }[];
  headersSize: -1;
  bodySize: -1;
}

/** Version that an archive names as its creator's; that of the package. */
export const CREATOR_VERSION = '0.1.0';

/** Stands for the application, because records hold no host; `.invalid` is nobody's by RFC 2606. */
const ORIGIN = 'http://application.invalid';

/** Writes a session as an archive. */
export function toHttpArchive(history: SessionHistory): HttpArchive {
  return {
    log: {
      version: '1.2',
      creator: { name: 'nestjs-session-tracking', version: CREATOR_VERSION },
      pages: [],
      entries: orderExchanges(history).map(archiveExchange),
      _partial: history.info.partial,
    },
  };
}

function archiveExchange({
  request,
  response,
}: JoinedExchange): ArchivedExchange {
  const status = response?.status_code ?? 0;
  const duration = response?.duration_ms ?? 0;
  const { query = '' } = request;
  const id = { name: REQUEST_ID_HEADER, value: request.request_id };
  return {
    startedDateTime: toDateTime(request.timestamp),
    time: duration,
    request: {
      method: request.method,
      url: toUrl(request.path) + toUrlQuery(query),
      queryString: toParameters(query),
      ...messageWith(id),
    },
    response: {
      status,
      statusText: STATUS_CODES[status] ?? '',
      content: { size: 0, mimeType: 'x-unknown' },
      redirectURL: '',
      ...messageWith(id),
    },
    cache: {},
    timings: { send: 0, wait: duration, receive: 0 },
    _route: request.route,
    _handler: response?.handler,
    _handler_ms: response?.handler_ms,
    _error: response?.error,
    _error_message: response?.error_message,
    _aborted: response?.aborted,
  };
}

/** What another program wrote may be no time of any calendar; the format must have one. */
function toDateTime(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  return (Number.isNaN(date.getTime()) ? new Date(0) : date).toISOString();
}

function messageWith(header: ArchivedMessage['headers'][0]): ArchivedMessage {
  return {
    httpVersion: 'unknown',
    cookies: [],
    headers: [header],
    headersSize: -1,
    bodySize: -1,
  };
}

/** Keeps the path as it came but for what would end it or has no place in a URL. */
function toUrl(path: string): string {
  const escaped = path
    .toWellFormed()
    .replaceAll(/[^\x21-\x7e]|[?#"<>\\^`{|}]/gu, encodeURIComponent);
  return `${ORIGIN}${escaped.startsWith('/') ? '' : '/'}${escaped}`;
}
