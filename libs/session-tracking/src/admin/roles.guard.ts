import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { silencePromise } from '../model/thenable.js';
import {
  RESOLVED_STRUCTURE,
  type ResolvedStructure,
} from '../options/resolved-options.js';
import { Roles } from './roles.decorator.js';

/**
 * Lets a user in whose `roles` or `role` holds one of the roles asked for: those of `@Roles()`, else
 * of `admin.roles`. Closed by default: 401 without a user, 403 without the role; what cannot be
 * read is not there, and anything that is no role name counts as none.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(RESOLVED_STRUCTURE) private readonly structure: ResolvedStructure,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const user = userOf(context);
    const wanted = this.wantedRoles(context);
    if (!rolesOf(user).some((role) => wanted.includes(role))) {
      throw new ForbiddenException();
    }
    return true;
  }

  private wantedRoles(context: ExecutionContext): readonly string[] {
    const { admin } = this.structure;
    return (
      this.reflector.getAllAndOverride(Roles, [
        context.getHandler(),
        context.getClass(),
      ]) ?? (admin === false ? [] : admin.roles)
    );
  }
}

function userOf(context: ExecutionContext): object {
  const user = readUser(context.switchToHttp().getRequest());
  if (typeof user !== 'object' || user === null) {
    throw new UnauthorizedException();
  }
  return user;
}

function readUser(request: { user?: unknown } | undefined): unknown {
  try {
    return request?.user;
  } catch (cause) {
    // The cause tells the host's filters why; the caller learns no more than anybody without a user.
    throw new UnauthorizedException(undefined, {
      description: 'Unauthorized',
      cause,
    });
  }
}

function rolesOf(user: { roles?: unknown; role?: unknown }): string[] {
  try {
    const roles = [user.roles, user.role].flat();
    for (const role of roles) {
      // Of an entity that loads its relations later: no role name, and may reject.
      silencePromise(role, () => undefined);
    }
    return roles.filter(
      (role): role is string => typeof role === 'string' && role !== '',
    );
  } catch (cause) {
    throw new ForbiddenException(undefined, {
      description: 'Forbidden',
      cause,
    });
  }
}
