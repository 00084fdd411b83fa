import {
  createParamDecorator,
  type ExecutionContext,
  UnauthorizedException,
} from '@nestjs/common';
import type { ShopRequest } from './authenticated-user.js';

export const UserId = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => {
    const { user } = context.switchToHttp().getRequest<ShopRequest>();
    if (!user) {
      throw new UnauthorizedException();
    }
    return user.id;
  },
);
