import { createHmac, randomBytes } from 'node:crypto';
import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { toStoredUserId } from '../model/client-identity.js';
import { quoteVisibly } from '../model/printable.js';
import { findUserId } from '../model/user-of-request.js';

interface AuthenticatedRequest {
  user?: Parameters<typeof findUserId>[0];
}

/** Keeps answers out of caches and writes a line for each access: who, what, about whom. */
@Injectable()
export class AdminAnswersInterceptor implements NestInterceptor {
  private readonly audit = new Logger('SessionTrackingAudit');
  /** Random, because the hash of an address could be undone by trying all of them. */
  private readonly key = randomBytes(32);

  constructor(private readonly adapterHost: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest();
    this.adapterHost.httpAdapter.setHeader(
      http.getResponse(),
      'Cache-Control',
      'no-store',
    );
    const subject = subjectOf(request);
    this.audit.log(
      `${nameOf(request)} ${request.method} ${context.getHandler().name}${subject === '' ? '' : ` of ${this.pseudonym(subject)}`}`,
    );
    return next.handle();
  }

  /** Tells which lines are about the same client, not which client that is. */
  private pseudonym(subject: string): string {
    return createHmac('sha256', this.key)
      .update(subject)
      .digest('hex')
      .slice(0, 16);
  }
}

/** Who asks, on one line of bounded length, whatever the host calls its users. */
function nameOf(request: AuthenticatedRequest): string {
  const id = readUserId(request);
  return quoteVisibly(
    typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint'
      ? toStoredUserId(String(id))
      : 'unknown',
  );
}

function readUserId(request: AuthenticatedRequest): unknown {
  try {
    return findUserId(request.user);
  } catch {
    // A user without a name is no reason to leave the access out of the log.
    return undefined;
  }
}

/** Whom a request names, in its path or as `user_id` or `ip` in its query. */
function subjectOf({
  params,
  query,
}: {
  params?: Record<string, string>;
  query?: { user_id?: unknown; ip?: unknown };
}): string {
  return [...Object.values(params ?? {}), query?.user_id, query?.ip]
    .filter((name) => typeof name === 'string')
    .join(' ');
}
