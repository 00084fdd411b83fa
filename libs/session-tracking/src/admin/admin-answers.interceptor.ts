import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { spellAddress } from '../model/clients/address.js';
import {
  normalizeUserId,
  toStoredUserId,
} from '../model/clients/client-identity.js';
import { findUserId } from '../model/clients/user-of-request.js';
import { AuditLog } from '../tracking/audit-log.js';

interface AuthenticatedRequest {
  user?: Parameters<typeof findUserId>[0];
}

/** Keeps answers out of caches and writes a line for each access: who, what, about whom. */
@Injectable()
export class AdminAnswersInterceptor implements NestInterceptor {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly audit: AuditLog,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest();
    this.adapterHost.httpAdapter.setHeader(
      http.getResponse(),
      'Cache-Control',
      'no-store',
    );
    this.audit.byUser(
      nameOf(request),
      `${request.method} ${context.getHandler().name}`,
      subjectsOf(request),
    );
    return next.handle();
  }
}

/** Who asks, of bounded length, whatever the host calls its users. */
function nameOf(request: AuthenticatedRequest): string {
  const id = readUserId(request);
  return typeof id === 'string' ||
    typeof id === 'number' ||
    typeof id === 'bigint'
    ? toStoredUserId(String(id))
    : 'unknown';
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
function subjectsOf({
  params = {},
  query = {},
}: {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
}): string[] {
  return [
    params.id,
    params.requestId,
    spelled(params.userId, normalizeUserId),
    spelled(params.ip, spellAddress),
    spelled(query.user_id, normalizeUserId),
    spelled(query.ip, spellAddress),
  ].filter((name) => typeof name === 'string');
}

/** Anything may be sent as a parameter. */
function spelled(name: unknown, spell: (text: string) => string): unknown {
  return typeof name === 'string' ? spell(name) : undefined;
}
