import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
} from '@nestjs/common';
import type { ShopRequest } from './authenticated-user.js';

/** Stands behind JwtAuthGuard. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<ShopRequest>();
    return user?.roles.includes('admin') ?? false;
  }
}
