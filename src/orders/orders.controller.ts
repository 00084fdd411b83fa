import {
  Body,
  Controller,
  Get,
  Param,
  ParseUUIDPipe,
  Post,
  UseGuards,
} from '@nestjs/common';
import { JwtAuthGuard } from '../auth/jwt-auth.guard.js';
import { UserId } from '../auth/user-id.decorator.js';
import { CreateOrderDto } from './dto/create-order.dto.js';
import type { Order } from './order.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
@UseGuards(JwtAuthGuard)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  create(
    @UserId() userId: string,
    @Body() { paymentToken }: CreateOrderDto,
  ): Promise<Order> {
    return this.orders.create(userId, paymentToken);
  }

  @Get()
  list(@UserId() userId: string): Order[] {
    return this.orders.list(userId);
  }

  @Get(':id')
  get(@UserId() userId: string, @Param('id', ParseUUIDPipe) id: string): Order {
    return this.orders.get(userId, id);
  }
}
