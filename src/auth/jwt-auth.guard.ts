import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { AuthService } from './auth.service.js';
import type { ShopRequest } from './authenticated-user.js';

@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(private readonly auth: AuthService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ShopRequest>();
    request.user = await this.auth.userOf(request.headers.authorization);
    if (!request.user) {
      throw new UnauthorizedException(
        'Send a token of POST /api/auth/login as "Authorization: Bearer <token>"',
      );
    }
    return true;
  }
}
