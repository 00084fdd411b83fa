import { Injectable, NotFoundException } from '@nestjs/common';
import type { Product } from './product.js';
import { PRODUCTS } from './products.js';

@Injectable()
export class CatalogueService {
  private readonly products = new Map(
    PRODUCTS.map((product) => [product.id, product]),
  );

  list(category?: string): Product[] {
    const products = [...this.products.values()];
    return category
      ? products.filter((product) => product.category === category)
      : products;
  }

  search(text: string): Product[] {
    const wanted = text.toLowerCase();
    return this.list().filter(({ name }) =>
      name.toLowerCase().includes(wanted),
    );
  }

  get(id: number): Product {
    const product = this.products.get(id);
    if (!product) {
      throw new NotFoundException(`There is no product ${id}`);
    }
    return product;
  }

  setPrice(id: number, priceCents: number): Product {
    const product = { ...this.get(id), priceCents };
    this.products.set(id, product);
    return product;
  }
}
