import { randomInt } from 'node:crypto';
import type { Visit } from './visit.js';

/** A customer who starts at one address and orders from the next: the session stays the same one. */
export function buyOnTheMove(
  username: string,
  addresses: readonly string[],
): Visit {
  return async (shop) => {
    await shop.think(50, 600);
    await shop.signIn(username, `${username}-demo`);
    for (const address of addresses) {
      shop.moveTo(address);
      const productId = randomInt(1, 13);
      await shop.think(150, 500);
      await shop.get(`/api/products/${productId}`);
      await shop.think(150, 500);
      await shop.post('/api/cart/items', { productId, quantity: 1 });
      await shop.think(150, 500);
      await shop.get('/api/cart');
    }
    await shop.think(150, 500);
    await shop.post('/api/orders', { paymentToken: 'tok_visa' });
    await shop.think(150, 500);
    await shop.get('/api/orders');
  };
}
