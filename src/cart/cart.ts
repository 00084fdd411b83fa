export interface CartItem {
  productId: number;
  name: string;
  quantity: number;
  priceCents: number;
}

export interface Cart {
  items: CartItem[];
  totalCents: number;
}
