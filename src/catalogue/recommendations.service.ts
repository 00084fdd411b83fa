import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { CatalogueService } from './catalogue.service.js';
import type { Product } from './product.js';

@Injectable()
export class RecommendationsService {
  constructor(private readonly catalogue: CatalogueService) {}

  async forProduct(id: number): Promise<Product[]> {
    const { category } = this.catalogue.get(id);
    // Stands for a model that takes its time: every shop has one endpoint that is slow.
    await wait(randomInt(160, 391));
    return this.catalogue.list(category).filter((product) => product.id !== id);
  }
}
