import { randomUUID } from 'node:crypto';
import {
  ConflictException,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { CartService } from '../cart/cart.service.js';
import type { Order } from './order.js';
import { PaymentGateway } from './payment-gateway.js';

@Injectable()
export class OrdersService {
  private readonly orders = new Map<string, Order[]>();

  constructor(
    private readonly carts: CartService,
    private readonly payments: PaymentGateway,
  ) {}

  async create(userId: string, paymentToken: string): Promise<Order> {
    // Taken before it is paid, so that a double click cannot pay the same cart twice.
    const cart = this.carts.take(userId);
    if (cart.items.length === 0) {
      throw new ConflictException('Your cart is empty');
    }
    try {
      await this.payments.charge(paymentToken, cart.totalCents);
    } catch (error) {
      this.carts.putBack(userId, cart);
      throw error;
    }
    const order = {
      id: randomUUID(),
      createdAt: new Date().toISOString(),
      ...cart,
    };
    const orders = this.orders.get(userId) ?? [];
    orders.push(order);
    this.orders.set(userId, orders);
    return order;
  }

  list(userId: string): Order[] {
    return this.orders.get(userId) ?? [];
  }

  get(userId: string, id: string): Order {
    const order = this.list(userId).find((candidate) => candidate.id === id);
    if (!order) {
      // Also for an order of somebody else: a 403 would tell that it exists.
      throw new NotFoundException('You have no such order');
    }
    return order;
  }
}
