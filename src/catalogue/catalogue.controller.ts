import {
  Body,
  Controller,
  Get,
  Param,
  ParseIntPipe,
  Put,
  Query,
  UseGuards,
} from '@nestjs/common';
import { AdminGuard } from '../auth/admin.guard.js';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { OptionalJwtAuthGuard } from '../auth/optional-jwt-auth.guard.js';
import { CatalogueService } from './catalogue.service.js';
import { ListProductsDto } from './dto/list-products.dto.js';
import { SearchProductsDto } from './dto/search-products.dto.js';
import { SetPriceDto } from './dto/set-price.dto.js';
import type { Product } from './product.js';
import { RecommendationsService } from './recommendations.service.js';

@Controller('products')
@UseGuards(OptionalJwtAuthGuard)
export class CatalogueController {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly recommendations: RecommendationsService,
  ) {}

  @Get()
  list(@Query() { category }: ListProductsDto): Product[] {
    return this.catalogue.list(category);
  }

  @Get('search')
  search(@Query() { q }: SearchProductsDto): Product[] {
    return this.catalogue.search(q);
  }

  @Get(':id')
  get(@Param('id', ParseIntPipe) id: number): Product {
    return this.catalogue.get(id);
  }

  @Get(':id/recommendations')
  recommend(@Param('id', ParseIntPipe) id: number): Promise<Product[]> {
    return this.recommendations.forProduct(id);
  }

  @Put(':id/price')
  @UseGuards(JwtAuthGuard, AdminGuard)
  setPrice(
    @Param('id', ParseIntPipe) id: number,
    @Body() { priceCents }: SetPriceDto,
  ): Product {
    return this.catalogue.setPrice(id, priceCents);
  }
}
