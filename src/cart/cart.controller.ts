import {
  Body,
  Controller,
  Delete,
  Get,
  Param,
  ParseIntPipe,
  Post,
  UseGuards,
} from '@nestjs/common';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { UserId } from '../auth/user-id.decorator.js';
import type { Cart } from './cart.js';
import { CartService } from './cart.service.js';
import { AddToCartDto } from './dto/add-to-cart.dto.js';

@Controller('cart')
@UseGuards(JwtAuthGuard)
export class CartController {
  constructor(private readonly carts: CartService) {}

  @Get()
  list(@UserId() userId: string): Cart {
    return this.carts.list(userId);
  }

  @Post('items')
  add(
    @UserId() userId: string,
    @Body() { productId, quantity }: AddToCartDto,
  ): Cart {
    return this.carts.add(userId, productId, quantity);
  }

  @Delete('items/:productId')
  remove(
    @UserId() userId: string,
    @Param('productId', ParseIntPipe) productId: number,
  ): Cart {
    return this.carts.remove(userId, productId);
  }
}
