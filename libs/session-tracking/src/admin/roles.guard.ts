import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import {
  RESOLVED_STRUCTURE,
  type ResolvedStructure,
} from '../options/resolved-options.js';
import { Roles } from './roles.decorator.js';

/**
 * Lets a user in whose `roles` or `role` holds one of the roles asked for: those of `@Roles()`, else
 * of `admin.roles`. Closed by default: 401 without a user, 403 without the role, and anything that
 * is no role name counts as none.
 */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(RESOLVED_STRUCTURE) private readonly structure: ResolvedStructure,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const user: unknown = context.switchToHttp().getRequest()?.user;
    if (typeof user !== 'object' || user === null) {
      throw new UnauthorizedException();
    }
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

function rolesOf(user: { roles?: unknown; role?: unknown }): string[] {
  return [user.roles, user.role]
    .flat()
    .filter((role): role is string => typeof role === 'string' && role !== '');
}
