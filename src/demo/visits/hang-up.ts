import { randomInt } from 'node:crypto';
import type { Visit } from './visit.js';

/** An impatient client: the answer takes 160 ms or more, and it never waits that long. */
export const hangUp: Visit = async (shop) => {
  await shop.think(300, 1200);
  await shop.get('/api/products');
  await shop.think(100, 400);
  await shop.abandon(
    `/api/products/${randomInt(1, 13)}/recommendations`,
    randomInt(60, 130),
  );
};
