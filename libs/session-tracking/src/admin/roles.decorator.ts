import { Reflector } from '@nestjs/core';

/**
 * Names the roles that may call a handler or a controller under `RolesGuard`, instead of
 * `admin.roles`.
 *
 * @example
 * @Roles(['support'])
 */
export const Roles = Reflector.createDecorator<string[]>();
