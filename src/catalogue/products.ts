import type { Product } from './product.js';

export const PRODUCTS: readonly Product[] = [
  { id: 1, name: 'Espresso cup', category: 'kitchen', priceCents: 890 },
  { id: 2, name: 'Tea pot', category: 'kitchen', priceCents: 3450 },
  { id: 3, name: 'Bread knife', category: 'kitchen', priceCents: 2790 },
  { id: 4, name: 'Cutting board', category: 'kitchen', priceCents: 1990 },
  { id: 5, name: 'Desk lamp', category: 'office', priceCents: 4900 },
  { id: 6, name: 'Notebook', category: 'office', priceCents: 650 },
  { id: 7, name: 'Fountain pen', category: 'office', priceCents: 3200 },
  { id: 8, name: 'Paper tray', category: 'office', priceCents: 1450 },
  { id: 9, name: 'Garden hose', category: 'garden', priceCents: 2990 },
  { id: 10, name: 'Watering can', category: 'garden', priceCents: 1790 },
  { id: 11, name: 'Pruning shears', category: 'garden', priceCents: 2450 },
  { id: 12, name: 'Flower pot', category: 'garden', priceCents: 990 },
];
