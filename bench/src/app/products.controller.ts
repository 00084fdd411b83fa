import { Body, Controller, Get, Param, Post } from '@nestjs/common';

/** The whole API of the app that is measured. */
@Controller('products')
export class ProductsController {
  @Get(':id')
  find(@Param('id') id: string) {
    return {
      id,
      name: `Product ${id}`,
      price: { amount: 1999, currency: 'EUR' },
      in_stock: true,
      tags: ['new', 'popular'],
    };
  }

  @Post()
  create(@Body() product: { name: string }) {
    return { id: '4711', name: product.name };
  }
}
