import {
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
} from '@nestjs/common';

/** A shop just large enough to find one's way through. */
@Controller()
export class CartController {
  @Get('cart')
  show(): string {
    return 'cart';
  }

  @Post('orders')
  order(): string {
    return 'ordered';
  }

  @Get('orders/:id')
  find(@Param('id') id: string): string {
    if (id === 'missing') {
      throw new NotFoundException();
    }
    return id;
  }
}
