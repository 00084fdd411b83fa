import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
} from '@nestjs/common';
import { AuthService } from './auth.service.js';
import type { ShopRequest } from './authenticated-user.js';

/** For public routes: lets everybody in, and knows who it is when there is a token. */
@Injectable()
export class OptionalJwtAuthGuard implements CanActivate {
  constructor(private readonly auth: AuthService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ShopRequest>();
    request.user = await this.auth.userOf(request.headers.authorization);
    return true;
  }
}
