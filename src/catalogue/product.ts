export interface Product {
  id: number;
  name: string;
  category: string;
  priceCents: number;
}
