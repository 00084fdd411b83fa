import type { Request } from 'express';

export type Role = 'customer' | 'admin';

export interface AuthenticatedUser {
  id: string;
  roles: Role[];
}

export interface ShopRequest extends Request {
  user?: AuthenticatedUser | undefined;
}
