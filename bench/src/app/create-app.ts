import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  FastifyAdapter,
  type NestFastifyApplication,
} from '@nestjs/platform-fastify';
import type { Setup } from '../variants/variant.js';
import type { Platform } from './platform.js';
import { ProductsController } from './products.controller.js';

/** Between two turns of the same variant its connections stay open. */
const KEEP_ALIVE_MS = 600_000;

class BenchModule {}

/** The same plain app for every variant, with what the variant adds. */
export async function createApp(
  platform: Platform,
  setup: Setup,
): Promise<INestApplication> {
  const app = await instantiate(platform, setup);
  app.setGlobalPrefix('api');
  await setup.configure?.(app);
  await app.listen(0, '127.0.0.1');
  app.getHttpServer().keepAliveTimeout = KEEP_ALIVE_MS;
  return app;
}

async function instantiate(
  platform: Platform,
  { imports, providers }: Setup,
): Promise<INestApplication> {
  const module = {
    module: BenchModule,
    imports: [...(imports ?? [])],
    providers: [...(providers ?? [])],
    controllers: [ProductsController],
  };
  const options = { logger: ['error', 'fatal'] as ('error' | 'fatal')[] };
  if (platform === 'fastify') {
    return NestFactory.create<NestFastifyApplication>(
      module,
      new FastifyAdapter({ trustProxy: 'loopback' }),
      options,
    );
  }
  const app = await NestFactory.create<NestExpressApplication>(module, options);
  app.set('trust proxy', 'loopback');
  return app;
}
