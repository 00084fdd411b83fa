import type { ShopClient } from '../shop-client.js';

/** What a client does in one visit; it comes back until the demo is over. */
export type Visit = (shop: ShopClient) => Promise<void>;
