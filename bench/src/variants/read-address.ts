import type { INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Request, Response } from 'express';
import type { SetUp } from './variant.js';

/** What a platform takes to tell who is behind its proxy, for whoever wants to know. */
export const setUp: SetUp = () => ({ configure: readAddresses });

/** Kept, so that no compiler leaves the reading out. */
const latest: { address?: string | undefined } = {};

function readAddresses(app: INestApplication): void {
  if (app.getHttpAdapter().getType() === 'fastify') {
    readOnFastify(app as NestFastifyApplication);
  } else {
    readOnExpress(app as NestExpressApplication);
  }
}

function readOnFastify(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', (request, _reply, done) => {
    latest.address = request.ip;
    done();
  });
}

function readOnExpress(app: NestExpressApplication): void {
  app.use((request: Request, response: Response, next: () => void) => {
    response.on('close', () => {
      latest.address = request.ip;
    });
    next();
  });
}
