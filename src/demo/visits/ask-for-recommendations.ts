import { randomInt } from 'node:crypto';
import type { Visit } from './visit.js';

/** A customer who lives on the slow endpoint, so that the shop is slower for her than for others. */
export const askForRecommendations: Visit = async (shop) => {
  await shop.signIn('carol', 'carol-demo');
  for (let asked = 0; asked < 8; asked++) {
    await shop.think(50, 250);
    await shop.get(`/api/products/${randomInt(1, 13)}/recommendations`);
  }
};
