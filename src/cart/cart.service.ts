import { Injectable, NotFoundException } from '@nestjs/common';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import type { Cart } from './cart.js';

type Quantities = Map<number, number>;

@Injectable()
export class CartService {
  private readonly carts = new Map<string, Quantities>();

  constructor(private readonly catalogue: CatalogueService) {}

  list(userId: string): Cart {
    const items = [...this.quantities(userId)].map(([productId, quantity]) => {
      const { name, priceCents } = this.catalogue.get(productId);
      return { productId, name, quantity, priceCents };
    });
    const totalCents = items.reduce(
      (total, { quantity, priceCents }) => total + quantity * priceCents,
      0,
    );
    return { items, totalCents };
  }

  add(userId: string, productId: number, quantity: number): Cart {
    const product = this.catalogue.get(productId);
    const quantities = this.quantities(userId);
    quantities.set(product.id, (quantities.get(product.id) ?? 0) + quantity);
    return this.list(userId);
  }

  remove(userId: string, productId: number): Cart {
    if (!this.quantities(userId).delete(productId)) {
      throw new NotFoundException(`Product ${productId} is not in your cart`);
    }
    return this.list(userId);
  }

  /** Empties the cart and hands over what was in it. */
  take(userId: string): Cart {
    const cart = this.list(userId);
    this.carts.delete(userId);
    return cart;
  }

  putBack(userId: string, cart: Cart): void {
    for (const { productId, quantity } of cart.items) {
      this.add(userId, productId, quantity);
    }
  }

  private quantities(userId: string): Quantities {
    const quantities = this.carts.get(userId) ?? new Map<number, number>();
    this.carts.set(userId, quantities);
    return quantities;
  }
}
