import type { Cart } from '../cart/cart.js';

export interface Order extends Cart {
  id: string;
  createdAt: string;
}
