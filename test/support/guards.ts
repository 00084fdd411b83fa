import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';

/**
 * Takes the `x-test-user` header, a user as JSON, for proof of identity. Lets everybody pass: what
 * is closed must be closed by somebody else.
 */
@Injectable()
export class HeaderUserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    const header: string | undefined = request.headers['x-test-user'];
    if (header !== undefined) {
      request.user = JSON.parse(header);
    }
    return true;
  }
}

/** Turns everybody away with 403. */
@Injectable()
export class ForbidGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** Turns everybody away with 401. */
@Injectable()
export class RefuseGuard implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

/** The header that makes `HeaderUserGuard` see this user. */
export function asUser(user: unknown): Record<string, string> {
  return { 'x-test-user': JSON.stringify(user) };
}
