import type { Part } from './cast.js';
import { ShopClient } from './shop-client.js';
import { Tally } from './tally.js';

/** Lets all clients of a part visit the shop again and again until it is over, and counts what they got. */
export async function perform(
  part: Part,
  baseUrl: string,
  over: AbortSignal,
): Promise<Tally> {
  const tally = new Tally();
  await Promise.all(
    part.clients.map(async ({ address, visit }) => {
      const shop = new ShopClient({ baseUrl, address, tally, over });
      try {
        for (;;) {
          await visit(shop);
        }
      } catch (error) {
        if (!over.aborted) {
          throw error;
        }
      }
    }),
  );
  return tally;
}
