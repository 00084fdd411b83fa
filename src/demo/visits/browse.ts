import { randomInt } from 'node:crypto';
import type { Visit } from './visit.js';

/** An anonymous visitor looks around. */
export const browse: Visit = async (shop) => {
  await shop.think(100, 1500);
  await shop.get('/api/products');
  await shop.think(200, 800);
  await shop.get('/api/products/search?q=pot');
  await shop.think(200, 800);
  await shop.get(`/api/products/${randomInt(1, 13)}`);
  await shop.think(200, 800);
  await shop.get('/api/products?category=garden');
  await shop.think(200, 800);
  await shop.get(`/api/products/${randomInt(9, 13)}`);
};
