import { Module } from '@nestjs/common';
import { CartModule } from '../cart/cart.module.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';
import { PaymentGateway } from './payment-gateway.js';

@Module({
  imports: [CartModule],
  controllers: [OrdersController],
  providers: [OrdersService, PaymentGateway],
})
export class OrdersModule {}
