import type { Visit } from './visit.js';

/** A customer for whom nothing works: every kind of refusal of the shop, and one crash. */
export const runIntoErrors: Visit = async (shop) => {
  await shop.think(100, 600);
  await shop.signIn('erin', 'forgotten');
  await shop.think(200, 600);
  await shop.get('/api/cart');
  await shop.think(200, 600);
  await shop.signIn('erin', 'erin-demo');
  await shop.think(200, 600);
  await shop.get('/api/products/999');
  await shop.think(200, 600);
  await shop.post('/api/cart/items', { productId: 5, quantity: 1000 });
  await shop.think(200, 600);
  await shop.put('/api/products/5/price', { priceCents: 1 });
  await shop.think(200, 600);
  await shop.post('/api/orders', { paymentToken: 'tok_visa' });
  await shop.think(200, 600);
  await shop.post('/api/cart/items', { productId: 5, quantity: 1 });
  await shop.think(200, 600);
  await shop.post('/api/orders', { paymentToken: 'tok_declined' });
  await shop.think(200, 600);
  await shop.post('/api/orders', { paymentToken: 'tok_unreachable' });
  await shop.think(200, 600);
  await shop.delete('/api/cart/items/5');
};
