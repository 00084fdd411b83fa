// An app under load, in a process of its own; redis-stopped.mjs starts it and asks it how it is.
import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SessionTracker, SessionTrackingModule } from 'nestjs-session-tracking';

const { platform, redisUrl } = JSON.parse(process.env.HOST_SETTINGS);

// Decorators as functions, because Node runs this file as it is.
class ItemsController {
  list() {
    return { items: [1, 2, 3] };
  }
}
Get(':id')(
  ItemsController.prototype,
  'list',
  Object.getOwnPropertyDescriptor(ItemsController.prototype, 'list'),
);
Controller('items')(ItemsController);

class HostModule {}
Module({
  imports: [SessionTrackingModule.forRoot({ redis: { url: redisUrl } })],
  controllers: [ItemsController],
})(HostModule);

const app = await NestFactory.create(
  HostModule,
  platform === 'fastify'
    ? new FastifyAdapter({ trustProxy: 'loopback' })
    : new ExpressAdapter(),
  { logger: false },
);
if (platform !== 'fastify') {
  app.set('trust proxy', 'loopback');
}
await app.listen(0, '127.0.0.1');
// A connection that waited for a turn must not be closed at the moment at which it is used again.
app.getHttpServer().keepAliveTimeout = 600_000;

const loopDelay = monitorEventLoopDelay({ resolution: 1 });
loopDelay.enable();

process.on('message', (question) => {
  if (question === 'close') {
    void app.close().then(() => process.exit(0));
    return;
  }
  global.gc();
  const { heapUsed, rss } = process.memoryUsage();
  process.send({
    type: 'state',
    heapUsed,
    rss,
    loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
    stats: app.get(SessionTracker).stats(),
  });
  loopDelay.reset();
});
process.send({ type: 'listening', port: app.getHttpServer().address().port });
