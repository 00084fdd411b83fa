import { DEFAULT_REDIS, RedisModule } from '@liaoliaots/nestjs-redis';
import { type DynamicModule, Module, ValidationPipe } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { SessionTrackingModule } from 'nestjs-session-tracking';
import { AuthModule } from './auth/auth.module.js';
import { JwtAuthGuard } from './auth/jwt-auth.guard.js';
import { CartModule } from './cart/cart.module.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { HealthModule } from './health/health.module.js';
import { OrdersModule } from './orders/orders.module.js';
import type { ShopSettings } from './settings.js';

@Module({
  imports: [CatalogueModule, CartModule, OrdersModule, HealthModule],
  providers: [
    {
      provide: APP_PIPE,
      useValue: new ValidationPipe({
        whitelist: true,
        forbidNonWhitelisted: true,
        transform: true,
      }),
    },
  ],
})
export class AppModule {
  static forRoot({
    redisUrl,
    jwtSecret,
  }: Omit<ShopSettings, 'port'>): DynamicModule {
    return {
      module: AppModule,
      imports: [
        AuthModule.forRoot(jwtSecret),
        ...(redisUrl ? [connectRedis(redisUrl)] : []),
        SessionTrackingModule.forRoot({
          redis: redisUrl ? { namespace: DEFAULT_REDIS } : undefined,
          admin: { guards: [JwtAuthGuard], roles: ['admin'] },
        }),
      ],
    };
  }
}

function connectRedis(url: string): DynamicModule {
  return RedisModule.forRoot({
    // Without a limit, a Redis that hangs would hang the QUIT of this client and with it the shutdown of the app.
    config: { url, commandTimeout: 2000 },
  });
}
