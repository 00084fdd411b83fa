/** One HTTP request, as stored in `{prefix}:session:{session_id}:requests`. */
export interface RequestRecord {
  /** When it arrived: Unix time in seconds, milliseconds as the fraction. */
  timestamp: number;
  /** The path without the query string, and without what `redactPaths` hides. */
  path: string;
  /** Names of the query's parameters, with `[redacted]` or what `redactQuery` lets through as values. */
  query?: string;
  method: string;
  /** Joins the request with its response. */
  request_id: string;
  /** The matched route template (`/api/users/:id`), or `unmatched`. */
  route?: string;
  /** Name of the GraphQL operation that the request carried. */
  graphql_operation?: string;
}

/** The answer to one request, as stored in `{prefix}:session:{session_id}:responses`. */
export interface ResponseRecord {
  /** When it ended: Unix time in seconds, milliseconds as the fraction. */
  timestamp: number;
  request_id: string;
  /** What the client got; 499 when it left before the answer was whole. */
  status_code: number;
  /** From the request's arrival to the last byte handed over, or to the client's leaving, in milliseconds. */
  duration_ms: number;
  /** Controller and method, such as `OrdersController.create`. */
  handler?: string;
  /** The handler's own time in milliseconds. */
  handler_ms?: number;
  /** Class of the error that the handler threw. */
  error?: string;
  /**
   * Message of that error without secrets that can be recognised; only with `captureErrorMessages`, or where
   * the host records it itself.
   */
  error_message?: string;
  /** True when the client left before the answer was whole. */
  aborted?: true;
}

/** All of it may be left out, or be undefined. */
type Optional<Fields> = {
  [Name in keyof Fields]?: Fields[Name] | undefined;
};

/** What a caller of `recordRequest` gives; what is left out is filled in. */
export type NewRequest = Pick<RequestRecord, 'path' | 'method'> &
  Optional<RequestRecord>;

/** What a caller of `recordResponse` gives; what is left out is filled in. */
export type NewResponse = Pick<
  ResponseRecord,
  'request_id' | 'status_code' | 'duration_ms'
> &
  Optional<ResponseRecord>;

/** The hash `{prefix}:session:{session_id}:info`. */
export interface SessionInfo {
  client_ip: string;
  /** Empty for an anonymous client. */
  user_id: string;
  /** Unix time in seconds of the first request. */
  created_at: number;
  /** Unix time in seconds of the latest record. */
  last_seen_at: number;
  /** Exact also when the lists are trimmed, like the counters below. */
  request_count: number;
  response_count: number;
  /** Responses with a status of 400 or more. */
  error_count: number;
  /** Sum of the durations of all responses, in microseconds. */
  duration_us_total: number;
  /** The session that this one continues: the same client's, grown too old, or that of the address at which the user signed in. */
  previous_session_id?: string;
  /** The session of the user who signed in at this address; only on a session of an anonymous client. */
  next_session_id?: string;
  /** True when sampling left the client out: only its errors and slow requests are here, and counted. */
  partial?: true;
}

/** Everything stored about one session, oldest record first. */
export interface SessionHistory {
  session_id: string;
  info: SessionInfo;
  requests: RequestRecord[];
  responses: ResponseRecord[];
}

/** A stored record together with the session it belongs to. */
export type TrackedRecord = {
  session_id: string;
  user_id: string;
  client_ip: string;
} & (
  | { type: 'request'; record: RequestRecord }
  | { type: 'response'; record: ResponseRecord }
);

/** The least status that counts as an error. */
export const FIRST_ERROR_STATUS = 400;

/** The least status that tells of a fault of the server. */
export const FIRST_SERVER_ERROR_STATUS = 500;

/** The `route` of a request that no route of the application matched. */
export const UNMATCHED_ROUTE = 'unmatched';
